"""Photographs as a camera makes them: with the position in them, unless told otherwise."""

from io import BytesIO

from PIL import Image, ImageDraw

LATITUDE = b"34.9876"
"""As bytes that must not be found in what is served."""


def a_photograph(
    number: int = 0, *, size: tuple[int, int] = (640, 480), form: str = "JPEG", turned: bool = False
) -> bytes:
    """A picture of an apple unlike any other number's; upright only once the camera's turn is undone."""
    image = Image.new("RGB", size, (70 + number % 100, 120, 60))
    draw = ImageDraw.Draw(image)
    width, height = size
    draw.ellipse((width // 4, height // 4, width * 3 // 4, height * 3 // 4), fill=(190, 30 + number % 90, 40))
    draw.rectangle((0, 0, width // 2, height // 8), fill=(20, 20, 220))
    exif = Image.Exif()
    exif[0x010F], exif[0x013B] = "Grower's own phone", LATITUDE.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (34.0, 59.0, 15.36), 3: "E", 4: (107.0, 47.0, 0.0)})
    if turned:
        exif[0x0112] = 6
    out = BytesIO()
    image.save(out, form, exif=exif)
    return out.getvalue()
