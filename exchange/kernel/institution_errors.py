"""What the institutions' signatures refuse."""

from exchange.kernel.errors import JinguoError


class UnknownInstitution(JinguoError):
    code = "unknown_institution"
    status = 404
    zh = "没有此机构 {institution}"
    en = "There is no institution {institution}"
    hint_zh = "请核对机构代码；仓库、质检机构和质权人先由市场经营者登记"
    hint_en = "Check its code; warehouses, inspection bodies and lenders are registered by the operator"


class SigningKeyMissing(JinguoError):
    """The table names a key that the key store of this process does not have."""

    code = "signing_key_missing"
    status = 503
    zh = "机构 {institution} 的签名密钥不可用"
    en = "The signing key of institution {institution} is not available"
    hint_zh = "请系统管理员核对 KEYS_DIR 或密码机；必要时更换密钥"
    hint_en = "Have the administrator check KEYS_DIR or the HSM, or rotate the key"


class InstitutionKindFixed(JinguoError):
    code = "institution_kind_fixed"
    status = 409
    zh = "机构 {institution} 已登记为 {kind}"
    en = "Institution {institution} is registered as {kind}"
    hint_zh = "机构类别不能更改，请另取代码登记"
    hint_en = "The kind of an institution cannot change; register it under another code"


class BadSignature(JinguoError):
    code = "bad_signature"
    status = 401
    zh = "请求的签名无效"
    en = "The signature of the request is not valid"
    hint_zh = "按 RFC 9421 签名：方法、路径、查询串、内容摘要和 Idempotency-Key；时间相差不超过五分钟"
    hint_en = (
        "Sign by RFC 9421: method, path, query, content digest, Idempotency-Key; at most five minutes old"
    )


class RequestIdReused(JinguoError):
    code = "request_id_reused"
    status = 409
    zh = "请求编号 {request_id} 已用于另一个请求"
    en = "The request id {request_id} was used for another request"
    hint_zh = "重发须与原请求完全相同；新的请求请用新的 Idempotency-Key"
    hint_en = "A repetition must be identical; give a new request a new Idempotency-Key"
