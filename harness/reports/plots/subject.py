"""The records that one figure shows: their surrogate set, objective, setting and view."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.reports.plots.options import Options


@dataclass(frozen=True)
class Subject:
    """One figure's records, and the options it is drawn with.

    ``view`` is a single view, also where ``options.view`` asks for both.
    """

    surrogates: str
    objective: str
    setting: str
    view: str
    options: Options = field(default_factory=Options)

    def __str__(self) -> str:
        return f"{self.surrogates} {self.objective} {self.setting}"

    def small_print(self, text: str, *, name_view: bool = True) -> str:
        """The note below the figure: which records it shows, then ``text``. Empty if no note is wanted.

        ``name_view``: whether a view other than ``full`` is named.
        """
        if not self.options.note:
            return ""
        view = "" if self.view == "full" or not name_view else f", view {self.view}"
        return f"Setting {self.setting}, surrogates {self.surrogates}{view}. {text}"
