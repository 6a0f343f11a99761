"""What a client may send, to the letter."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.kernel.errors import BadPrice, BadQuantity, JinguoError
from web.ws import codec

PLACE: dict[str, Any] = {
    "op": "order.place",
    "product": "CODE",
    "side": "buy",
    "type": "limit",
    "time_in_force": "day",
    "price": "7.20",
    "quantity_kg": 1_000,
    "client_order_id": "a-1",
    "id": 7,
}
ORDER = {name: value for name, value in PLACE.items() if name not in ("op", "id")}


def refused(text: str) -> JinguoError:
    with pytest.raises(JinguoError) as caught:
        codec.decode_operation(text)
    return caught.value


def test_an_order_is_read_as_it_is_written() -> None:
    order = codec.decode_operation(json.dumps(PLACE))
    assert isinstance(order, codec.OrderPlace)
    assert (order.product, order.side, order.price, order.quantity_kg) == ("CODE", "buy", "7.20", 1_000)
    assert (order.client_order_id, order.id) == ("a-1", 7)


def test_type_and_time_in_force_have_defaults() -> None:
    short = {name: value for name, value in ORDER.items() if name not in ("type", "time_in_force")}
    order = codec.decode_order(json.dumps(short).encode())
    assert (order.type, order.time_in_force) == ("limit", "day")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"price": 7.2}, "bad_price"),
        ({"price": 7}, "bad_price"),
        ({"price": None}, "bad_price"),
        ({"price": True}, "bad_price"),
        ({"price": {"yuan": "7"}}, "bad_price"),
        ({"quantity_kg": 1000.0}, "bad_quantity"),
        ({"quantity_kg": "1000"}, "bad_quantity"),
        ({"quantity_kg": True}, "bad_quantity"),
        ({"quantity_kg": None}, "bad_quantity"),
        ({"side": "up"}, "bad_side"),
        ({"side": None}, "bad_side"),
        ({"side": 1}, "bad_side"),
        ({"type": "market"}, "bad_order_type"),
        ({"time_in_force": "gtc"}, "bad_time_in_force"),
        ({"client_order_id": ""}, "bad_client_order_id"),
        ({"client_order_id": "x" * 37}, "bad_client_order_id"),
        ({"client_order_id": "a b"}, "bad_client_order_id"),
        ({"client_order_id": "a\n"}, "bad_client_order_id"),
        ({"client_order_id": "苹果"}, "bad_client_order_id"),
        ({"client_order_id": 5}, "bad_client_order_id"),
        ({"quantity": 5}, "unknown_field"),
        ({"product": 5}, "bad_parameter"),
        ({"product": "x" * 65}, "bad_parameter"),
        ({"id": {"a": 1}}, "bad_parameter"),
        ({"id": 1.5}, "bad_parameter"),
        ({"id": "x" * 65}, "bad_parameter"),
        ({"op": "order.destroy"}, "bad_parameter"),
        ({"op": None}, "bad_parameter"),
    ],
)
def test_each_wrong_field_has_its_own_code(change: dict[str, Any], code: str) -> None:
    assert refused(json.dumps({**PLACE, **change})).code == code


@pytest.mark.parametrize("field", ["product", "side", "price", "quantity_kg", "client_order_id", "op"])
def test_a_missing_field_is_named(field: str) -> None:
    error = refused(json.dumps({name: value for name, value in PLACE.items() if name != field}))
    assert error.code == "missing_field"
    assert error.facts == {"field": field}


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        "nul",
        "[]",
        "3",
        '"x"',
        "null",
        "NaN",
        "{'op':1}",
        '{"op":NaN}',
        "\x00",
        '{"op":"ping"}x',
    ],
)
def test_what_is_not_an_object_is_malformed(text: str) -> None:
    assert refused(text).code == "malformed_json"


@pytest.mark.parametrize("shape", ['{"op":"ping","id":%s}', '{"op":"ping","x":%s}', "%s"])
def test_deep_nesting_is_refused_and_nothing_breaks(shape: str) -> None:
    text = shape % ("[" * 30_000 + "]" * 30_000)
    assert refused(text).code in ("malformed_json", "bad_parameter", "unknown_field")
    assert codec.address_of(text) in (codec.Addressed(None, None), codec.Addressed("ping", None))


@pytest.mark.parametrize(
    "price", ["7.205", "0", "0.00", "-7.20", "+7", "7,20", "1e2", " 7", "7.", ".5", "٧", "NaN", ""]
)
def test_a_price_is_a_plain_decimal_with_at_most_two_places(price: str) -> None:
    with pytest.raises(BadPrice):
        codec.price_fen(price)


@pytest.mark.parametrize(("text", "fen"), [("7.20", 720), ("7.2", 720), ("7", 700), ("10000", 1_000_000)])
def test_a_price_becomes_fen(text: str, fen: int) -> None:
    assert codec.price_fen(text) == fen


@pytest.mark.parametrize("quantity", [0, -1, -(10**30), 10**9 + 1, 10**400])
def test_a_quantity_is_within_what_the_engine_holds(quantity: int) -> None:
    with pytest.raises(BadQuantity):
        codec.quantity_kg(quantity)


@given(st.binary(max_size=200))
def test_any_bytes_are_understood_or_refused(body: bytes) -> None:
    with contextlib.suppress(JinguoError):
        codec.decode_order(body)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(PLACE)), _JSON)
def test_any_value_in_any_field_is_understood_or_refused(field: str, value: Any) -> None:
    text = json.dumps({**PLACE, field: value})
    try:
        operation = codec.decode_operation(text)
    except JinguoError as error:
        codec.encode_refusal(error, *codec.address_of(text))
    else:
        assert operation.id is None or isinstance(operation.id, str | int)


def test_a_refusal_carries_both_languages_and_whose_it_is() -> None:
    text = json.dumps({**PLACE, "price": 7.2})
    told = json.loads(codec.encode_refusal(refused(text), *codec.address_of(text)))
    assert (told["type"], told["op"], told["id"], told["code"]) == ("error", "order.place", 7, "bad_price")
    assert told["message"]["zh"]
    assert told["message"]["en"]
