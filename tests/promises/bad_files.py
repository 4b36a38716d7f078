"""CSV files as real systems write them, each with what it must become in bronze.

A case is the file's name, its bytes, and the rows that are expected: ``NAMED`` where the file must
be left out and named, otherwise one entry per row: the values of (id, city, note), or ``MARKED``
for a row with ``_rescued_data``, of which no value may stand in a wrong column.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from typing import Any

NAMED = "named"
MARKED = "marked"
HEAD = "id,city,note\n"
ROW = "1,Rome,x\n"
READ = [(1, "Rome", "x")]
Expected = str | list[Any]


def _xlsx() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as book:
        book.writestr("xl/worksheets/sheet1.xml", "<row><c>id</c><c>city</c></row>" * 20)
    return content.getvalue()


_ENCODINGS: dict[str, tuple[str | bytes, Expected]] = {
    "bom_utf8": (b"\xef\xbb\xbf" + (HEAD + ROW).encode(), READ),
    "bom_utf16_le": ((HEAD + ROW).encode("utf-16"), NAMED),
    "bom_utf16_be": (b"\xfe\xff" + (HEAD + ROW).encode("utf-16-be"), NAMED),
    "utf16_without_bom": ((HEAD + ROW).encode("utf-16-le"), NAMED),
    "utf32": ((HEAD + ROW).encode("utf-32"), NAMED),
    "latin1_in_utf8": ((HEAD + ROW + "2,Malmö,y\n").encode("latin-1"), [*READ, MARKED]),
    "cp1252_in_utf8": ((HEAD + ROW).encode() + b"2,Rome,5 \x80\n", [*READ, MARKED]),
    "utf8_cut_in_a_character": ((HEAD + ROW).encode() + "2,Rome,ö".encode()[:-1], [*READ, MARKED]),
    "overlong_utf8": ((HEAD + ROW).encode() + b"2,\xc0\xafRome,y\n", [*READ, MARKED]),
    "surrogate_in_utf8": ((HEAD + ROW).encode() + b"2,\xed\xa0\x80,y\n", [*READ, MARKED]),
    "bom_in_the_middle": (HEAD + ROW + "\ufeff2,Lima,y\n", [*READ, MARKED]),
    "emoji": (HEAD + "1,Rome,\U0001f9c0\n", [(1, "Rome", "\U0001f9c0")]),
    "right_to_left": (HEAD + "1,תל אביב,x\n", [(1, "תל אביב", "x")]),
    "combining": (HEAD + "1,Ko\u0308ln,x\n", [(1, "Ko\u0308ln", "x")]),
    "line_separator_u2028": (HEAD + "1,Ro\u2028me,x\n", [(1, "Ro\u2028me", "x")]),
    "next_line_u0085": (HEAD + "1,Ro\u0085me,x\n", [(1, "Ro\u0085me", "x")]),
    "form_feed": (HEAD + "1,Ro\fme,x\n", [(1, "Ro\fme", "x")]),
    "bell": (HEAD + "1,Ro\ame,x\n", [(1, "Ro\ame", "x")]),
    "nul_in_a_field": (HEAD + "1,Ro\0me,x\n", [(1, "Ro\0me", "x")]),
    "unit_separator_in_a_field": (HEAD + "1,Ro\x1fme,x\n", [(1, "Ro\x1fme", "x")]),
    "nuls_alone": (b"\0" * 4096, NAMED),
    "full_width_digits": (HEAD + ROW + "\uff12,Lima,y\n", [*READ, MARKED]),
    "zero_width_space_in_a_number": (HEAD + ROW + "2\u200b,Lima,y\n", [*READ, MARKED]),
    "no_break_space_in_a_number": (HEAD + ROW + "1\u00a0000,Lima,y\n", [*READ, MARKED]),
    "minus_sign_u2212": (HEAD + ROW + "\u22122,Lima,y\n", [*READ, MARKED]),
}
_QUOTES: dict[str, tuple[str | bytes, Expected]] = {
    "quote_that_does_not_close": (HEAD + ROW + '2,"Lima,y\n', [*READ, MARKED]),
    "quote_that_does_not_close_at_the_end": (HEAD + ROW + '2,Lima,"y', [*READ, MARKED]),
    "quote_too_many": (HEAD + ROW + '2,"Lima"",y\n', [*READ, MARKED]),
    "quote_in_a_bare_field": (HEAD + ROW + '2,5" pipe,y\n', [*READ, MARKED]),
    "text_behind_a_quote": (HEAD + ROW + '2,"Lima" x,y\n', [*READ, MARKED]),
    "moved_by_a_quote": (HEAD + ROW + '2,"Lima,a@b.example,"y"\n', [*READ, MARKED]),
    "single_quotes": (HEAD + ROW + "2,'Lima, Peru'\n", [*READ, MARKED]),
    "single_quotes_of_the_right_width": (HEAD + ROW + "'2,Lima',y\n", [*READ, MARKED]),
    "backslash_before_a_quote": (HEAD + ROW + '2,"a \\"b\\", c",y\n', [*READ, MARKED]),
    "typographic_quotes": (HEAD + "1,\u201cRome\u201d,x\n", [(1, "\u201cRome\u201d", "x")]),
    "line_break_in_quotes": (HEAD + ROW + '2,"Li\nma",y\n', [*READ, MARKED, MARKED]),
    "doubled_quotes": (HEAD + '1,"the ""Eternal"" City",x\n', [(1, 'the "Eternal" City', "x")]),
    "comma_in_quotes": (HEAD + '1,"Rome, Italy",x\n', [(1, "Rome, Italy", "x")]),
    "empty_quotes": (HEAD + '1,"",x\n', [(1, None, "x")]),
    "all_in_quotes": ('"id","city","note"\n"1","Rome","x"\n', READ),
    "blank_before_a_quote": (HEAD + ROW + '2, "Lima",y\n', [*READ, MARKED]),
}
_LINES: dict[str, tuple[str | bytes, Expected]] = {
    "cr_only": ((HEAD + ROW).replace("\n", "\r"), READ),
    "crlf": ((HEAD + ROW).replace("\n", "\r\n"), READ),
    "mixed_line_ends": ("id,city,note\r\n1,Rome,x\n2,Lima,y\r3,Oslo,z",
                        [*READ, (2, "Lima", "y"), (3, "Oslo", "z")]),
    "no_line_end_at_the_end": (HEAD + ROW.strip(), READ),
    "blank_lines": ("\n\n" + HEAD + "\n\n" + ROW + "\n  \n", READ),
    "header_alone": (HEAD, []),
    "header_alone_without_a_line_end": (HEAD.strip(), []),
    "line_ends_alone": ("\n\r\n\n", []),
    "bom_alone": (b"\xef\xbb\xbf", []),
    "empty": (b"", []),
    "fields_too_few": (HEAD + ROW + "2,Lima\n", [*READ, MARKED]),
    "fields_too_many": (HEAD + ROW + "2,Lima,y,z\n", [*READ, MARKED]),
    "delimiters_alone": (HEAD + ROW + ",,\n", [*READ, (None, None, None)]),
    "cut_in_a_row": (HEAD + ROW + "2,Li", [*READ, MARKED]),
    "the_header_again": (HEAD + ROW + HEAD + "2,Lima,y\n", [*READ, MARKED, (2, "Lima", "y")]),
    "the_header_again_with_blanks": (HEAD + ROW + " id, city ,note\n", [*READ, MARKED]),
    "another_table": (HEAD + ROW + "\ncity,total\nRome,1\n", [*READ, MARKED, MARKED]),
    "another_table_of_the_same_width": (
        HEAD + ROW + "name,age,job\nAnn,5,cook\n", [*READ, MARKED, MARKED],
    ),
    "a_total_at_the_end": (HEAD + ROW + "total: 1 row\n", [*READ, MARKED]),
}  # fmt: skip
_HEADERS: dict[str, tuple[str | bytes, Expected]] = {
    "no_header": ("7,Rome,x\n8,Lima,y\n", NAMED),
    "a_preamble": ("Export of 2026-03-02\n\n" + HEAD + ROW, NAMED),
    "a_preamble_of_the_same_width": ("Export,of,2026-03-02\n" + HEAD + ROW, NAMED),
    "sep_line_of_a_spreadsheet": ("sep=,\n" + HEAD + ROW, NAMED),
    "separators_before_the_header": (",,\n" + HEAD + ROW, [MARKED, *READ]),
    "empty_columns_at_the_end": ("id,city,note,,\n1,Rome,x,,\n", READ),
    "an_index_without_a_name": (",id,city,note\n0,1,Rome,x\n", [MARKED]),
    "other_case_and_blanks": ("ID, City ,NOTE\n1,Rome,x\n", READ),
    "another_order": ("note,id,city\nx,1,Rome\n", READ),
    "a_column_is_missing": ("id,note\n1,x\n", [(1, None, "x")]),
    "a_column_is_new": ("id,city,note,zip\n1,Rome,x,00100\n", [MARKED]),
    "a_column_twice": ("id,city,city,note\n1,Rome,Lima,x\n", [MARKED]),
    "semicolons": ((HEAD + ROW).replace(",", ";"), NAMED),
    "tabs": ((HEAD + ROW).replace(",", "\t"), NAMED),
    "pipes": ((HEAD + ROW).replace(",", "|"), NAMED),
    "other_columns": ("a,b,c\n1,2,3\n", NAMED),
    "another_type": (HEAD + ROW + "2.5,Lima,y\n", [*READ, MARKED]),
    "a_type_in_most_rows": (HEAD + "a,Rome,x\nb,Lima,y\n" + ROW, [MARKED, MARKED, *READ]),
    "a_thousand_separator": (HEAD + ROW + '"1,000",Lima,y\n', [*READ, MARKED]),
    "a_number_too_large": (HEAD + ROW + "99999999999,Lima,y\n", [*READ, MARKED]),
}
_NOT_CSV: dict[str, tuple[str | bytes, Expected]] = {
    "an_error_page": ("<!DOCTYPE html>\n<html><body>502 Bad Gateway</body></html>\n", NAMED),
    "a_spreadsheet": (_xlsx(), NAMED),
    "json": ('{"id": 1, "city": "Rome"}\n', NAMED),
    "a_picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0" * 4, NAMED),
    "a_pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n", NAMED),
    "parquet": (b"PAR1" + b"\x15\x04\x15\x10" * 30 + b"PAR1", NAMED),
    "gzip_without_its_suffix": (gzip.compress((HEAD + ROW).encode(), mtime=0), NAMED),
}
_PACKED: dict[str, tuple[bytes, Expected]] = {
    "packed.csv.gz": (gzip.compress((HEAD + ROW).encode(), mtime=0), READ),
    "packed_in_parts.csv.gz": (
        gzip.compress(HEAD.encode(), mtime=0) + gzip.compress(ROW.encode(), mtime=0), READ,
    ),
    "packed_and_cut.csv.gz": (gzip.compress((HEAD + ROW * 99).encode(), mtime=0)[:-12], NAMED),
    "packed_and_damaged.csv.gz": (
        gzip.compress((HEAD + ROW).encode(), mtime=0)[:12] + b"\xff" * 20, NAMED,
    ),
    "not_packed.csv.gz": ((HEAD + ROW).encode(), NAMED),
    "not_packed.csv.bz2": ((HEAD + ROW).encode(), NAMED),
    "not_packed.csv.zst": ((HEAD + ROW).encode(), NAMED),
}  # fmt: skip


def cases() -> dict[str, tuple[bytes, Expected]]:
    """Every case by the name of its file."""
    by_name = _ENCODINGS | _QUOTES | _LINES | _HEADERS | _NOT_CSV
    texts = {
        f"{name}.csv": (content.encode() if isinstance(content, str) else content, expected)
        for name, (content, expected) in by_name.items()
    }
    return texts | _PACKED
