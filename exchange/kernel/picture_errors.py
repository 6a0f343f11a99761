"""What photographs are refused for, wherever they are sent."""

from exchange.kernel.problems import JinguoError


class BadPhoto(JinguoError):
    code = "bad_photo"
    status = 422
    zh = "照片不能接受：{why_zh}"
    en = "The photograph is refused: {why_en}"
    hint_zh = "请上传完整的 JPEG、PNG 或 WebP 照片"
    hint_en = "Send a whole JPEG, PNG or WebP"


class PhotoTooLarge(JinguoError):
    code = "photo_too_large"
    status = 413
    zh = "照片过大：每张不超过 {most_mb} MB"
    en = "The photograph is too large: at most {most_mb} MB each"
    hint_zh = "请缩小照片，或分几次上传"
    hint_en = "Make it smaller, or send photographs one by one"


class TooManyPhotos(JinguoError):
    code = "too_many_photos"
    status = 409
    zh = "照片已满：至多 {most} 张"
    en = "There are too many photographs: at most {most}"
    hint_zh = "请挑选最能说明货物的照片"
    hint_en = "Choose those that show the goods best"


class UnknownPhoto(JinguoError):
    code = "unknown_photo"
    status = 404
    zh = "没有这张照片"
    en = "There is no such photograph"
    hint_zh = "只能用本批货物的照片，或本方上传的照片"
    hint_en = "Use photographs of these goods, or ones you uploaded"


class PhotosFinal(JinguoError):
    code = "photos_final"
    status = 409
    zh = "已审核的照片不能再改"
    en = "Photographs stand once they are approved"
    hint_zh = "请撤下后重新提交"
    hint_en = "Withdraw it and submit it anew"
