"""What the guards of orders refuse."""

from exchange.kernel.errors import JinguoError


class BadTimeout(JinguoError):
    code = "bad_timeout_ms"
    status = 422
    zh = "倒计时时间不正确"
    en = "The time-out is not valid"
    hint_zh = "timeout_ms 为 1000 到 600000 毫秒的整数；0 表示解除"
    hint_en = "timeout_ms is a whole number from 1000 to 600000; 0 switches it off"


class BadHeartbeat(JinguoError):
    code = "bad_heartbeat_ms"
    status = 422
    zh = "心跳间隔不正确"
    en = "The heartbeat is not valid"
    hint_zh = "heartbeat_ms 为 1000 到 60000 毫秒的整数，并须同时设置 cancel_on_disconnect=true"
    hint_en = "heartbeat_ms is a whole number from 1000 to 60000, and needs cancel_on_disconnect=true"


class TooManyGuards(JinguoError):
    code = "too_many_guarded_connections"
    status = 429
    zh = "断线撤单的连接过多（最多 {most} 个）"
    en = "Too many connections with cancel on disconnect (at most {most})"
    hint_zh = "请关闭不用的连接，或连接时不设断线撤单"
    hint_en = "Close connections you do not use, or connect without cancel on disconnect"
