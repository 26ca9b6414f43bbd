"""Which sheet, row and columns of a file hold the list: found by words that are known, or chosen by a person."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice

from careops.core.identity import without_format
from careops.core.lists.cells import Cell, Computed, Day, Unusable, is_empty, shown, text_of
from careops.core.lists.errors import FileRefused
from careops.core.lists.source import Line, Source

LOOKED_AT = 40  # lines of each sheet
SAMPLES = 3
LONGEST_LABEL = 60
LONGEST_READ = 200  # a run of accents costs the square of its length
LEFT_OUT = ""
ALIKE = 0.7


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a list can fill. ``words`` are usual headers, the most certain first, as ``normal`` returns them."""

    name: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Choices:
    """What a person chose. An empty value means: find it.

    ``columns`` maps labels of the file's columns to names of known columns, or to "" for a column that is left out.
    """

    sheet: str = ""
    header_row: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    decimal_mark: str = ""
    day_order: str = ""


@dataclass(slots=True)
class Place:
    """One column of the file. ``column`` is the name of the known column, "" where it is left out.

    ``is_sure`` says that a person chose it, or that its header is the very name. ``doubt`` is a sentence for a column
    that no rule decides, ``suggestion`` a column with a similar name.
    """

    label: str
    header: str
    column: str = LEFT_OUT
    is_sure: bool = False
    doubt: str = ""
    suggestion: str = LEFT_OUT
    samples: list[str] = field(default_factory=list)


@dataclass
class Layout:
    """Where the list stands in its file, and what each of its columns is."""

    sheet: str
    sheets: Sequence[str]
    header_row: int
    is_first_row: bool
    places: list[Place]
    missing: str = ""

    @property
    def doubts(self) -> list[str]:
        """What a person has to decide, as sentences."""
        return [
            *(place.doubt for place in self.places if place.doubt),
            *([self.missing] if self.missing else []),
        ]

    @property
    def is_sure(self) -> bool:
        """Whether nothing here is a guess."""
        return not self.doubts and all(place.is_sure for place in self.places if place.header)

    @property
    def columns(self) -> list[str]:
        return [place.column for place in self.places]

    @property
    def headers(self) -> dict[str, str]:
        """The header in the file for each known column."""
        return {place.column: place.label for place in self.places if place.column}

    @property
    def notes(self) -> list[str]:
        """What of this a person may not expect, as sentences."""
        notes = []
        if len(self.sheets) > 1:
            notes.append(f"The sheet “{shown(self.sheet)}” was read. Its header is in row {self.header_row}.")
        elif not self.is_first_row:
            notes.append(f"The header was found in row {self.header_row}.")
        notes += [
            f"“{each.label}” is read as {each.column}."
            for each in self.places
            if each.column and not each.is_sure
        ]
        if left := [f"“{each.label}”" for each in self.places if each.header and not each.column]:
            notes.append(f"Left out: {', '.join(left)}.")
        return notes

    def choices(self, given: Choices) -> Choices:
        """The choices that lead to this layout again, whatever is learned meanwhile."""
        columns = {place.label: place.column for place in self.places if place.header or place.is_sure}
        return Choices(self.sheet, self.header_row, columns, given.decimal_mark, given.day_order)


def normal(header: str) -> str:
    """A header without case, accents and signs, by its first LONGEST_READ characters."""
    begin = without_format(header[:LONGEST_READ])
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", begin) if not unicodedata.combining(sign))
    return re.sub(r"[\W_]+", " ", bare.casefold()).strip()


def find_layout(
    source: Source,
    columns: Sequence[Column],
    *,
    needs_one_of: Sequence[str],
    choices: Choices,
    remembered: Mapping[str, str],
) -> Layout:
    """Where the list stands in ``source``. ``remembered`` maps normal headers to columns that a person chose before.

    Raises FileRefused for a file without cells, or for choices that name no sheet, row or column of it.
    """
    ranks = _ranks(columns)
    if choices.sheet and choices.sheet not in source.sheets:
        raise FileRefused(
            f"The file has no sheet {choices.sheet}. Its sheets are: {', '.join(source.sheets)}."
        )
    found = None
    for sheet in [choices.sheet] if choices.sheet else source.sheets:
        with source.lines(sheet) as lines:
            first = list(islice(lines, LOOKED_AT))
        if not first:
            continue
        score, at = _header_among(first, choices.header_row, {*ranks, *remembered})
        if found is None or score > found[0]:
            found = (score, sheet, first, at)
    if found is None:
        raise FileRefused(source.empty)
    _, sheet, first, at = found
    row, cells = first[at]
    layout = Layout(
        sheet, source.sheets, row, at == 0, _places(cells, [cells for _, cells in first[at + 1 :]])
    )
    _check_labels(layout, choices.columns, {column.name for column in columns})
    _assign(layout.places, ranks, choices.columns, remembered)
    if not set(needs_one_of) & set(layout.columns):
        layout.missing = (
            f"No column is a {' or a '.join(needs_one_of)}. Row {row} was taken as the header: "
            f"{', '.join(place.label for place in layout.places)}."
        )
    return layout


def _ranks(columns: Sequence[Column]) -> dict[str, list[tuple[int, str]]]:
    """For each known word the columns that it can mean, with how far down in their words it stands."""
    ranks: dict[str, list[tuple[int, str]]] = {}
    for column in columns:
        for rank, word in enumerate((normal(column.name), *column.words)):
            ranks.setdefault(word, []).append((rank, column.name))
    return ranks


def known_words(columns: Sequence[Column], remembered: Mapping[str, str]) -> Callable[[Sequence[Cell]], int]:
    """How many known headers stand in a line of cells."""
    words = {*_ranks(columns), *remembered}
    return lambda cells: _score(cells, words)


def _score(cells: Sequence[Cell], words: set[str]) -> int:
    return len({normal(cell) for cell in cells if isinstance(cell, str)} & words)


def _header_among(first: Sequence[Line], wanted: int | None, words: set[str]) -> tuple[int, int]:
    """The score and the place of the line that is the header."""
    if wanted is not None:
        for at, (line, cells) in enumerate(first):
            if line == wanted:
                return _score(cells, words), at
        raise FileRefused(f"Row {wanted} is empty, or too far down to be the header.")
    scores = [_score(cells, words) for _, cells in first]
    best = max(scores)
    if best:
        return best, scores.index(best)
    widths = [sum(not is_empty(cell) for cell in cells) for _, cells in first]
    return 0, widths.index(max(widths))


def _places(header: Sequence[Cell], below: Sequence[Sequence[Cell]]) -> list[Place]:
    places: list[Place] = []
    seen: dict[str, int] = {}
    for index in range(max(len(header), *(len(cells) for cells in below), 0)):
        word = shown(header[index])[:LONGEST_LABEL] if index < len(header) else ""
        under = [shown(cells[index]) for cells in below if index < len(cells) and not is_empty(cells[index])]
        label = word or f"column {index + 1}"
        seen[label] = seen.get(label, 0) + 1
        if seen[label] > 1:
            label = f"{label} ({seen[label]})"
        places.append(Place(label, word, samples=under[:SAMPLES]))
    while places and not places[-1].header and not places[-1].samples:
        places.pop()
    return places


def _check_labels(layout: Layout, chosen: Mapping[str, str], columns: set[str]) -> None:
    labels = [place.label for place in layout.places]
    for label, column in chosen.items():
        if label not in labels:
            raise FileRefused(
                f"The file has no column {shown(label)}. Row {layout.header_row} names: {', '.join(labels)}."
            )
        if column and column not in columns:
            raise FileRefused(
                f"{shown(column)} is no column of this list. The columns are: {', '.join(sorted(columns))}."
            )
    targets = [column for column in chosen.values() if column]
    if doubled := next((column for column in targets if targets.count(column) > 1), None):
        both = " and ".join(label for label, column in chosen.items() if column == doubled)
        raise FileRefused(f"{both} cannot both be {doubled}. Leave one of them out.")


def _assign(
    places: list[Place],
    ranks: Mapping[str, list[tuple[int, str]]],
    chosen: Mapping[str, str],
    remembered: Mapping[str, str],
) -> None:
    """Give each place its column: first what a person chose, then what was chosen before, then the best guesses."""
    taken = {column for column in chosen.values() if column}
    open_places = []
    for place in places:
        if place.label in chosen:
            place.column, place.is_sure = chosen[place.label], True
        elif place.header:
            open_places.append(place)
    for place in list(open_places):
        before = remembered.get(normal(place.header))
        if before is not None and before not in taken:
            place.column, place.is_sure = before, True
            open_places.remove(place)
            taken |= {before} - {LEFT_OUT}
    guesses = sorted(
        (rank, at, column)
        for at, place in enumerate(open_places)
        for rank, column in ranks.get(normal(place.header), ())
    )
    for rank, at, column in guesses:
        place = open_places[at]
        if not place.column and column not in taken:
            place.column, place.is_sure = column, rank == 0
            taken.add(column)
    _doubt(places, [place for place in open_places if not place.column], ranks)


def _doubt(
    places: Sequence[Place], left: Sequence[Place], ranks: Mapping[str, list[tuple[int, str]]]
) -> None:
    headers = {place.column: place.label for place in places if place.column}
    free = {column for known in ranks.values() for _, column in known} - set(headers)
    for place in left:
        rivals = [column for _, column in ranks.get(normal(place.header), ()) if column in headers]
        if rivals:
            place.doubt = (
                f"“{headers[rivals[0]]}” and “{place.label}” can both be {rivals[0]}. Choose one of them."
            )
        else:
            alike = get_close_matches(normal(place.header), ranks, n=1, cutoff=ALIKE)
            likely = [column for word in alike for _, column in ranks[word] if column in free]
            place.suggestion = likely[0] if likely else LEFT_OUT
            free.discard(place.suggestion)
            place.doubt = f"The column “{place.label}” is not known. Say what it is, or leave it out."


def is_number_like(cell: Cell) -> bool:
    """Whether the cell holds digits and no letter."""
    if isinstance(cell, Computed):
        cell = cell.cell
    if isinstance(cell, str):
        return any(sign.isdigit() for sign in cell) and not any(sign.isalpha() for sign in cell)
    return not isinstance(cell, bool | Day | Unusable)


TOTALS = frozenset({
    "total", "totals", "grand total", "subtotal", "sub total", "sum", "total stock", "total quantity",
    "summe", "gesamt", "gesamtsumme", "zwischensumme", "insgesamt", "suma", "total general", "totales", "subtotales",
})  # fmt: skip


def is_total(cells: Sequence[Cell]) -> bool:
    """Whether the line begins with a word for a total and holds nothing but numbers behind it."""
    filled = [cell for cell in cells if not is_empty(cell)]
    if len(filled) < 2 or not isinstance(filled[0], str):
        return False
    return normal(text_of(filled[0])) in TOTALS and all(map(is_number_like, filled[1:]))


def only_numbers(cells: Sequence[Cell]) -> bool:
    return all(is_empty(cell) or is_number_like(cell) for cell in cells)


def lines_below(source: Source, layout: Layout) -> Iterator[tuple[int, Sequence[Cell]]]:
    """The lines of the list, without its header."""
    with source.lines(layout.sheet) as lines:
        for line, cells in lines:
            if line > layout.header_row:
                yield line, cells
