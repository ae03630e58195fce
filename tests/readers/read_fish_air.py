"""Reads the tables of Fish-AIR as the scripts of Minnow_Segmented_Traits do: columns by their terms in meta.xml, the two tables joined by ARKID, and the
conditions of the selection. read_fish_air.py EXPORT ARKID_THAT_IS_KEPT [...]"""
import csv
import os
import sys
from xml.etree import ElementTree

FISH_AIR, DWC = "https://fishair.org/terms/", "http://rs.tdwg.org/dwc/terms/"
MEDIA = [FISH_AIR + "ARKID", "http://rs.tdwg.org/ac/terms/accessURI", *(DWC + t for t in ("scientificName", "genus", "family", "ownerInstitutionCode"))]
GOOD = {
    "specimenView": "left",
    "specimenCurved": "straight",
    "brightness": "normal",
    "colorIssue": "none",
    "containsScaleBar": "True",
    "partsOverlapping": "False",
    "onFocus": "True",
    "partsMissing": "False",
    "allPartsVisible": "True",
    "partsFolded": "False",
    "uniformBackground": "True",
}
QUALITY = [FISH_AIR + t for t in ("ARKID", "specimenQuantity", *GOOD)] + [DWC + "ownerInstitutionCode"]


def read(name, terms):
    root = ElementTree.parse(os.path.join(sys.argv[1], "meta.xml")).getroot()
    space = {"t": "http://rs.tdwg.org/dwc/text/"}
    (described,) = [part for part in root if part.find("t:files/t:location", space).text == name]
    places = {field.get("term"): int(field.get("index")) for field in described.findall("t:field", space)}
    with open(os.path.join(sys.argv[1], name), newline="") as file:
        rows = list(csv.reader(file))[1:]
    return [{term.rsplit("/", 1)[1]: row[places[term]] for term in terms} for row in rows]


media = {row["ARKID"]: row for row in read("multimedia.csv", MEDIA)}
quality = read("imageQualityMetadata.csv", QUALITY)
assert len(media) == len(quality)
kept = []
for row in quality:
    picture = media[row["ARKID"]]
    if all(row[key] == value for key, value in GOOD.items()) and picture["family"] == "Cyprinidae":
        assert picture["scientificName"] == "Notropis volucellus" and picture["genus"] == "Notropis"
        assert picture["ownerInstitutionCode"] == "INHS" and picture["accessURI"].startswith("https://")
        kept.append(row["ARKID"])
assert sorted(kept) == sorted(sys.argv[2:]), kept
print(f"{len(kept)} of {len(quality)} pictures are kept")
