"""What the document kit refuses."""

from exchange.kernel.errors import JinguoError


class NotPdf(JinguoError):
    code = "not_pdf"
    status = 422
    zh = "这不是可以读取的 PDF 文件"
    en = "This is not a PDF file that can be read"
    hint_zh = "请上传从本系统下载的原件，不要截图、打印后扫描或另存"
    hint_en = "Upload the original file as downloaded here, not a scan or a copy saved by another program"


class PdfTooLarge(JinguoError):
    code = "pdf_too_large"
    status = 413
    zh = "文件超过 {limit_kb} KB"
    en = "The file is larger than {limit_kb} KB"
    hint_zh = "本系统签发的文件都小于此限，请核对文件"
    hint_en = "No document signed here is that large; check the file"


class BadVerificationCode(JinguoError):
    """Unknown numbers and wrong codes are told alike, so that numbers cannot be tried out."""

    code = "bad_verification_code"
    status = 404
    zh = "编号与验证码不符"
    en = "The number and the code do not belong together"
    hint_zh = "请核对单据上二维码旁的编号和验证码"
    hint_en = "Check the number and the code beside the QR code on the document"
