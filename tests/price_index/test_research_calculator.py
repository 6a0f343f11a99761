"""`jinguo index formulas`: what it computes from a file, and what it says of a file it cannot take."""

import json
from pathlib import Path

import pytest

from exchange import cli
from exchange.commands import index
from exchange.commands.outcome import Exit
from exchange.price_index.research_errors import ResearchError
from exchange.price_index.research_files import MOST_PERIODS, MOST_ROWS, read
from exchange.price_index.research_multilateral import Splice

EXAMPLE = """period,product,size,price,quantity
2025-10,富士 80#,80,7.20,1200
2025-10,富士 75#,75,5.60,800
2025-11,富士 80#,80,7.35,900
2025-11,富士 75#,75,5.50,1100
2025-12,富士 80#,80,7.60,700
2025-12,富士 75#,75,5.75,500
"""


def formulas(path: Path, *options: str) -> int:
    return cli.run(["index", "formulas", str(path), *options])


def test_every_formula_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(EXAMPLE, encoding="utf-8-sig")
    assert formulas(path, "--json", "--attributes", "size", "--places", "4") == Exit.OK
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    values = {(each["formula"], each["basis"], each["period"]): each["value"] for each in lines}
    assert (
        values["laspeyres", "fixed", "2025-11"]
        == f"{(7.35 * 1200 + 5.5 * 800) / (7.2 * 1200 + 5.6 * 800):.4f}"
    )
    assert values["fisher", "chained", "2025-10"] == "1.0000"
    # Each product has a size of its own here, so sizes explain what products do.
    for period in ("2025-11", "2025-12"):
        assert values["hedonic", "mean_published", period] == values["wtpd", "mean_published", period]
    assert formulas(path, "--attributes", "size", "--only", "ccdi") == Exit.OK
    assert capsys.readouterr().out.splitlines()[:2] == ["ccdi (mean_published)", "  2025-10   1.000000"]
    assert formulas(path, "--attributes", "size", "--only", "ccid") == Exit.USAGE
    assert formulas(tmp_path / "none.csv") == Exit.USAGE


def test_shares_do_for_what_needs_no_quantities(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Törnqvist from prices and shares of value is Törnqvist from prices and quantities."""
    given, shares = tmp_path / "given.csv", tmp_path / "shares.csv"
    rows = [line.split(",") for line in EXAMPLE.splitlines()[1:]]
    given.write_text(
        "period,product,price,quantity\n" + "".join(f"{a},{b},{p},{q}\n" for a, b, _, p, q in rows)
    )
    shares.write_text(
        "period,product,price,share\n"
        + "".join(f"{a},{b},{p},{float(p) * int(q):.2f}\n" for a, b, _, p, q in rows)
    )
    found = []
    for path in (given, shares):
        assert formulas(path, "--json") == Exit.OK
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        found.append({(each["formula"], each["basis"], each["period"]): each["value"] for each in lines})
    assert found[0].items() >= found[1].items()
    left_out = {formula for formula, _, _ in found[0].keys() - found[1].keys()}
    assert left_out == {"marshall_edgeworth", "stuvel", "vartia_1", "geary_khamis"}


def test_a_formula_that_fails_leaves_the_others_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "apart.csv"
    path.write_text("period,product,price,quantity\n1,a,2,3\n2,a,2,3\n2,b,4,5\n3,b,5,5\n", encoding="utf-8")
    assert formulas(path, "--json", "--only", "fisher,wtpd,ccdi") == Exit.OK
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    errors = {(each["formula"], each["basis"]): each["error"]["code"] for each in lines if "error" in each}
    assert errors == {
        ("fisher", "fixed"): "no_common_products",
        ("ccdi", "mean_published"): "no_common_products",
    }
    values = {(each["formula"], each["basis"]): each["value"] for each in lines if each.get("period") == "3"}
    assert values == {("fisher", "chained"): "1.250000", ("wtpd", "mean_published"): "1.250000"}


def test_extremes_are_computed_and_every_splice_can_be_chosen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tuple(Splice) == index.SPLICES
    path = tmp_path / "extremes.csv"
    least, most = "0.00000000000001", "999999999999999"
    rows = [f"1,a,{least},{most}", f"1,b,{least},{least}", f"2,a,{most},{least}", f"2,b,{least},{most}"]
    path.write_text(HEAD + "\n".join([*rows, f"3,a,{least},{least}", f"3,b,{most},{most}"]), encoding="utf-8")
    for splice in index.SPLICES:
        assert formulas(path, "--json", "--splice", splice, "--window", "2", "--places", "20") == Exit.OK
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert {each["error"]["code"] for each in lines if "error" in each} <= {"singular_system"}
        assert max(float(each["value"]) for each in lines if "error" not in each) > 1e28


HEAD = "period,product,price,quantity\n"


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("", "formula_file_unreadable", ""),
        ("\udcff", "formula_file_unreadable", ""),
        (HEAD + "1,a,1,1\n" * (MOST_ROWS + 1), "formula_file_unreadable", ""),
        ("period,product,price\n", "formula_file_columns", "quantity"),
        ("period,product,quantity\n", "formula_file_columns", "price"),
        ("period,product,price,quantity,share\n", "formula_file_columns", "quantity + share"),
        ("period,product,price,quantity,colour\n", "formula_file_columns", "colour"),
        ("period,product,price,price,quantity\n", "formula_file_columns", "price"),
        (HEAD + "2025-13,a,1,1\n", "formula_file_row", "2025-13"),
        (HEAD + "2025-12,a,1,1\n3,a,1,1\n", "formula_file_row", "period"),
        (HEAD + "1,a,1,1\n2,a,0,1\n", "formula_file_row", "price"),
        (HEAD + "1,a,1,1\n2,a,1,-5\n", "formula_file_row", "quantity"),
        (HEAD + "1,a,1,1\n2,a,1e9,1\n", "formula_file_row", "1e9"),
        (HEAD + "1,a,1,1\n2,a,nan,1\n", "formula_file_row", "nan"),
        (HEAD + "1,a,1,1\n2,a,\x1b[31m٣,1\n", "formula_file_row", "?[31m"),
        (HEAD + "1,a,1,1\n2,a,1\n", "formula_file_row", "3"),
        (HEAD + "1,a,1,1\n2,,1,1\n", "formula_file_row", "product"),
        (HEAD + "1,a,1,1\n01,a,1,1\n", "formula_file_duplicate", "a"),
        (HEAD + "2025-11,a,1,1\n2026-01,a,1,1\n", "formula_file_missing_periods", "2025-12"),
        (HEAD + "1,a,1,1\n", "formula_file_periods", "two"),
        (HEAD + "".join(f"{at},a,1,1\n" for at in range(MOST_PERIODS + 1)), "formula_file_periods", "600"),
    ],
)
def test_nonsense_is_refused_in_both_languages(
    text: str, code: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "nonsense.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert formulas(path) == Exit.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert f": {code}: " in err
    assert says in err
    assert "\x1b" not in err
    with pytest.raises(ResearchError) as refused:
        read(path.read_bytes())
    assert refused.value.message("zh") in err
    assert refused.value.hint("en") in err


def test_attributes_belong_to_products_and_gaps_are_asked_for() -> None:
    changed = "period,product,price,quantity,size\n1,a,1,1,75\n2,a,1,1,80\n"
    with pytest.raises(ResearchError, match="formula_file_attributes"):
        read(changed.encode(), attributes=["size"])
    gap = (HEAD + "2025-11,a,1,1\n2026-01,a,1,1\n").encode()
    assert read(gap, gaps=True).labels == ["2025-11", "2026-01"]
