"""NAS-Bench-101 (Ying et al., 2019): 423,624 cells of at most 7 vertices and 9 edges, trained on CIFAR-10.

``cells`` says what a cell is and when it is valid, ``hashing`` names it, ``graphs`` and ``enumerate`` list all unique
ones, ``space`` is what a method searches, ``table`` holds their metrics, read by ``official`` and ``small``,
``analysis`` measures the locality of the space (Section 3.3).
"""
