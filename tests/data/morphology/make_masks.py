"""Draws the masks in this folder: a fish in BGNN's colours, and what can be wrong with one. `python make_masks.py` in the folder.

tests/readers/morphology_check.py wrote the JSON files beside them; a mask without any is one on which Morphology-analysis crashes.
"""

import numpy as np
from PIL import Image, ImageDraw

DORSAL, ADIPOSE, CAUDAL, ANAL = (254, 0, 0), (0, 254, 0), (0, 0, 254), (254, 254, 0)
PELVIC, PECTORAL, HEAD, EYE = (0, 254, 254), (254, 0, 254), (254, 254, 254), (0, 254, 102)
CAUDAL_RAY, RAY, SPINE, TRUNK = (254, 102, 102), (254, 102, 204), (254, 204, 102), (0, 124, 124)
UNKNOWN = (127, 0, 0)


def fish(eye=True):
    picture = Image.new("RGB", (200, 80))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((14, 22, 160, 58), fill=TRUNK)
    draw.polygon([(150, 38), (190, 16), (182, 40), (192, 64), (150, 44)], fill=CAUDAL)
    draw.polygon([(70, 23), (80, 6), (112, 24)], fill=DORSAL)
    draw.polygon([(130, 29), (138, 22), (142, 33)], fill=ADIPOSE)
    draw.polygon([(112, 57), (122, 72), (136, 52)], fill=ANAL)
    draw.polygon([(78, 58), (84, 72), (96, 58)], fill=PELVIC)
    draw.polygon([(10, 40), (26, 27), (44, 24), (50, 40), (44, 57), (26, 53)], fill=HEAD)
    draw.polygon([(52, 44), (70, 48), (54, 52)], fill=PECTORAL)
    draw.line((158, 39, 186, 22), fill=CAUDAL_RAY)
    draw.line((82, 10, 92, 23), fill=RAY)
    draw.line((78, 9, 78, 22), fill=SPINE)
    if eye:
        draw.ellipse((24, 33, 32, 41), fill=EYE)
    return picture


def of(pixels, colour):
    return (pixels == colour).all(axis=2)


def save(picture, name):
    if isinstance(picture, np.ndarray):
        picture = Image.fromarray(picture)
    picture.save(f"{name}_segmented.png", optimize=True)


level = fish()
save(level, "level")
save(level.rotate(7), "tilted")
save(level.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "facing_right")
save(level.rotate(63, expand=True), "steep")
save(level.transpose(Image.Transpose.ROTATE_90), "upright")
save(fish(eye=False), "no_eye")

pixels = np.array(level)
pixels[30:45, 20:24] = 0
pixels[70:74, 3:9] = TRUNK
pixels[4:8, 150:160] = HEAD
pixels[60:64, 170:180] = UNKNOWN
pixels[35:37, 27:29] = 0
pixels[38, 100] = 0
pixels[50:53, 100:104] = 0
save(pixels, "pieces_and_holes")

pixels = np.array(level)
pixels[of(pixels, HEAD)] = 0
save(pixels, "eye_without_head")

pixels = np.array(level)
pixels[24:58, 20:36] = EYE
pixels[:, 10:20] = 0
save(pixels, "eye_beside_head")

pixels = np.array(level)
pixels[of(pixels, CAUDAL) | of(pixels, CAUDAL_RAY)] = 0
pixels[40, 158:180] = CAUDAL
save(pixels, "flat_caudal_fin")

pixels = np.array(level)
bands = np.zeros(pixels.shape[:2], bool)
bands[:, 60:64] = bands[:, 90:95] = bands[:, 120:124] = True
pixels[of(pixels, TRUNK) & bands] = SPINE
save(pixels, "body_in_pieces")

pixels = np.array(level)
pixels[:, 50:62] = pixels[:, 105:115] = 0
save(pixels, "fish_in_pieces")

save(Image.new("RGB", (40, 20)), "empty")
pixels = np.zeros((9, 12, 3), np.uint8)
pixels[4, 5] = EYE
save(pixels, "one_pixel")
