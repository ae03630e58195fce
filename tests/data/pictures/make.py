"""Makes the small pictures of this folder, and beside each what Pillow reads in it (NAME.expected.png, 8-bit RGB).

They are drawn here (a gradient with a disc), so that they are free of anybody's rights. Run with Pillow 9 or later:
    python3 make.py
"""
import io
import numpy as np
from PIL import Image, ImageOps

W, H = 48, 32
y, x = np.mgrid[0:H, 0:W]
rgb = np.stack([x * 5, y * 8, 255 - x * 5], -1).astype(np.uint8)
rgb[(x - 12) ** 2 + (y - 10) ** 2 < 49] = (230, 120, 20)
picture = Image.fromarray(rgb)
grey = picture.convert("L")
alpha = Image.fromarray(np.where(x < 16, 0, np.where(x < 32, 128, 255)).astype(np.uint8))
rgba = picture.copy()
rgba.putalpha(alpha)


def over_white(image):
    ground = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB")


def keep(name, image, expected=None, **options):
    image.save(name, **options)
    if expected is None:
        expected = Image.open(name).convert("RGB")
    expected.save(name + ".expected.png")


keep("rgb.png", picture)
keep("grey.png", grey)
keep("palette.png", picture.quantize(16))
keep("alpha.png", rgba, over_white(rgba))
keep("grey_alpha.png", Image.merge("LA", (grey, alpha)), over_white(Image.merge("LA", (grey, alpha))))
keep("bilevel.png", grey.point(lambda v: 255 * (v > 128)).convert("1"))
wide = np.asarray(grey).astype(np.uint16) * 257
keep("grey16.png", Image.fromarray(wide), grey.convert("RGB"))
keep("rgb.jpg", picture, quality=95, subsampling=0)
keep("grey.jpg", grey, quality=95)
keep("progressive.jpg", picture, quality=95, progressive=True)
keep("cmyk.jpg", picture.convert("CMYK"), quality=95)
keep("rgb.tif", picture)
keep("lzw.tif", picture, compression="tiff_lzw")
keep("deflate.tif", picture, compression="tiff_adobe_deflate")
keep("grey.tif", grey)
keep("palette.tif", picture.quantize(16))
keep("bilevel.tif", grey.point(lambda v: 255 * (v > 128)).convert("1"))
keep("grey16.tif", Image.fromarray(wide), grey.convert("RGB"))
keep("cmyk.tif", picture.convert("CMYK"))
keep("alpha.tif", rgba, over_white(rgba))
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    name = f"orientation_{orientation}.jpg"
    picture.save(name, quality=95, subsampling=0, exif=exif)
    ImageOps.exif_transpose(Image.open(name)).convert("RGB").save(name + ".expected.png")
