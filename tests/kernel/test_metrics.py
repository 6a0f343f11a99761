"""Counters and histograms as Prometheus reads them."""

from exchange.kernel.metrics import Counter, Gauge, Histogram, counter, exposition, gauge, histogram


def test_the_text_is_what_prometheus_reads() -> None:
    requests = Counter("requests_total", "Requests.\nBy view.", ("view", "status"))
    requests.add("orders", "2xx")
    requests.add("orders", "2xx", amount=2)
    requests.add('a"b\\c\nd', "5xx")
    took = Histogram((0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 7):
        took.observe(seconds)
    sockets = Gauge("sockets_open", "Sockets.")
    sockets.add(3)
    sockets.add(-1)
    assert exposition(
        [
            requests.family(),
            histogram("took_seconds", "Latency.", [({"part": "api"}, took.state())]),
            sockets.family(),
            gauge("up", "Up.", True, {"name": "floor"}),
            counter("seen_total", "Seen.", 12),
        ]
    ) == (
        "# HELP requests_total Requests.\\nBy view.\n"
        "# TYPE requests_total counter\n"
        'requests_total{view="a\\"b\\\\c\\nd",status="5xx"} 1\n'
        'requests_total{view="orders",status="2xx"} 3\n'
        "# HELP took_seconds Latency.\n"
        "# TYPE took_seconds histogram\n"
        'took_seconds_bucket{part="api",le="0.1"} 2\n'
        'took_seconds_bucket{part="api",le="1"} 3\n'
        'took_seconds_bucket{part="api",le="+Inf"} 4\n'
        'took_seconds_sum{part="api"} 7.65\n'
        'took_seconds_count{part="api"} 4\n'
        "# HELP sockets_open Sockets.\n"
        "# TYPE sockets_open gauge\n"
        "sockets_open 2\n"
        "# HELP up Up.\n"
        "# TYPE up gauge\n"
        'up{name="floor"} 1\n'
        "# HELP seen_total Seen.\n"
        "# TYPE seen_total counter\n"
        "seen_total 12\n"
    )
