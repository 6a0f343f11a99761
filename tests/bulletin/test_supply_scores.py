"""How well a supply meets a demand: the points, and what each is for."""

from dataclasses import replace
from typing import Any

from exchange.bulletin.supply_matching import Score, Wares, score
from exchange.bulletin.supply_types import Spec

FUJI = Spec("fuji", size_mm=80, grade="class_1", counties=("旬邑县",), store_type="cold")


def points(result: Score | None) -> dict[str, int]:
    return {} if result is None else {reason.word: reason.points for reason in result.reasons}


def wares(spec: Spec = FUJI, price: int | None = 720, most_kg: int = 20_000, **more: Any) -> Wares:
    return Wares(spec, 1_000, most_kg, price, None, **more)


def test_a_perfect_counterpart_has_all_points_and_a_bad_one_none() -> None:
    result = score(
        wares(replace(FUJI, ssc_tenths=140)), wares(replace(FUJI, ssc_tenths=130), backed=True), selling=True
    )
    assert result is not None
    assert result.points == 1_000
    for other in (
        wares(replace(FUJI, variety="gala")),
        wares(replace(FUJI, size_mm=90)),
        wares(replace(FUJI, counties=("长武县",))),
        wares(price=500),
        wares(most_kg=500),
    ):
        assert score(wares(), other, selling=True) is None


def test_points_say_what_falls_short() -> None:
    demand = wares(replace(FUJI, size_mm=85, counties=(), store_type="ca"), price=684, most_kg=5_000)
    assert points(score(wares(), demand, selling=True)) == {
        "origin_open": 100, "size_short": 0, "grade": 150, "ssc_open": 25, "store_other": 0,
        "quantity": 37, "price_gap": 100, "backed": 0,
    }  # fmt: skip
    other_grade = Wares(replace(FUJI, size_mm=85), 1_000, 20_000, 760, 40)
    met = points(score(other_grade, Wares(FUJI, 1_000, 20_000, 720, 0), selling=True))
    assert met["price_met"] == 200, "the premium of the larger size is no gap"
