"""Everything that is made from records: tables, plots, the site and studies."""
