"""python-dwca-reader reads the Darwin Core Archive: read_dwca.py ARCHIVE.ZIP RECORD_FOLDER [RECORD_FOLDER...]."""
import hashlib
import json
import os
import sys

from dwca.darwincore.utils import qualname
from dwca.read import DwCAReader

MEASUREMENT = "http://rs.tdwg.org/dwc/terms/MeasurementOrFact"
MULTIMEDIA = "http://rs.tdwg.org/ac/terms/Multimedia"
dwc = "http://rs.tdwg.org/dwc/terms/"
folders = {os.path.basename(folder): folder for folder in sys.argv[2:]}
with DwCAReader(sys.argv[1]) as archive:
    assert archive.descriptor.core.type == dwc + "Occurrence"
    assert set(archive.descriptor.extensions_type) == {MULTIMEDIA, MEASUREMENT}
    assert archive.metadata.find("dataset").find("title").text
    rows = list(archive)
    assert len({row.id for row in rows}) == len(rows) == len(folders)
    facts = pictures = 0
    for row in rows:
        name = row.data[qualname("catalogNumber")]
        folder = folders.pop(name)
        assert row.data[qualname("basisOfRecord")] == "PreservedSpecimen"
        assert row.data[qualname("occurrenceID")] == row.id
        for extension in row.extensions:
            value = extension.data
            if extension.rowtype == MULTIMEDIA:
                pictures += 1
                assert value["http://rs.tdwg.org/ac/terms/hashFunction"] == "SHA-256"
                url = value["http://rs.tdwg.org/ac/terms/accessURI"]
                assert url.startswith("https://example.org/pictures/")
                path = os.path.join(folder, os.path.basename(url))
                digest = hashlib.sha256(open(path, "rb").read()).hexdigest()
                assert value["http://rs.tdwg.org/ac/terms/hashValue"] == digest
                assert value["http://purl.org/dc/terms/format"] in ("image/jpeg", "image/png")
            else:
                facts += 1
                own = json.load(open(os.path.join(folder, name + "_measurements.json")))
                key = value[dwc + "measurementID"].rsplit("/", 1)[1]
                if key == "scale":
                    expected, unit = own["scale"]["pixels_per_cm"], "px/cm"
                else:
                    expected = own["measurements"]["values"][key]
                    expected = expected.get("specimen", expected["picture"])
                    unit = expected["unit"]
                    assert value["http://rs.iobis.org/obis/terms/measurementTypeID"].startswith("http://purl.obolibrary.org/obo/")
                assert value[dwc + "measurementUnit"] == unit
                for term, number in (("measurementValue", expected["value"]), ("measurementAccuracy", expected["uncertainty"])):
                    assert abs(float(value[dwc + term]) - number) <= 0.15 * expected["uncertainty"], key
                assert value[dwc + "measurementMethod"]
    assert not folders and facts > 0 and pictures >= len(rows)
print(f"{len(rows)} occurrences, {pictures} pictures, {facts} measurements")
