"""The document kit: from plain values to a signed Chinese A4 PDF that anybody can check.

``types`` says what is in a document, ``layout.render`` draws it, ``signing.sign_pdf`` signs it with the
certificates of ``authority``, ``verification.verify_pdf`` tells what a PDF is worth, ``codes`` makes the link
in its QR code. The kit knows no receipt and no contract: packages describe their documents in its types.
"""
