//! Header and term of each column. The first is the id that joins the files.

pub(super) const OCCURRENCE: [(&str, &str); 13] = [
    ("occurrenceID", "http://rs.tdwg.org/dwc/terms/occurrenceID"),
    ("basisOfRecord", "http://rs.tdwg.org/dwc/terms/basisOfRecord"),
    ("type", "http://purl.org/dc/terms/type"),
    ("institutionCode", "http://rs.tdwg.org/dwc/terms/institutionCode"),
    ("collectionCode", "http://rs.tdwg.org/dwc/terms/collectionCode"),
    ("catalogNumber", "http://rs.tdwg.org/dwc/terms/catalogNumber"),
    ("scientificName", "http://rs.tdwg.org/dwc/terms/scientificName"),
    ("genus", "http://rs.tdwg.org/dwc/terms/genus"),
    ("family", "http://rs.tdwg.org/dwc/terms/family"),
    (
        "otherCatalogNumbers",
        "http://rs.tdwg.org/dwc/terms/otherCatalogNumbers",
    ),
    ("eventDate", "http://rs.tdwg.org/dwc/terms/eventDate"),
    ("modified", "http://purl.org/dc/terms/modified"),
    ("occurrenceRemarks", "http://rs.tdwg.org/dwc/terms/occurrenceRemarks"),
];

pub(super) const MULTIMEDIA: [(&str, &str); 13] = [
    ("occurrenceID", "http://rs.tdwg.org/dwc/terms/occurrenceID"),
    ("identifier", "http://purl.org/dc/terms/identifier"),
    ("type", "http://purl.org/dc/terms/type"),
    ("title", "http://purl.org/dc/terms/title"),
    ("format", "http://purl.org/dc/terms/format"),
    ("accessURI", "http://rs.tdwg.org/ac/terms/accessURI"),
    ("PixelXDimension", "http://ns.adobe.com/exif/1.0/PixelXDimension"),
    ("PixelYDimension", "http://ns.adobe.com/exif/1.0/PixelYDimension"),
    ("CreateDate", "http://ns.adobe.com/xap/1.0/CreateDate"),
    ("creator", "http://purl.org/dc/elements/1.1/creator"),
    ("captureDevice", "http://rs.tdwg.org/ac/terms/captureDevice"),
    ("hashFunction", "http://rs.tdwg.org/ac/terms/hashFunction"),
    ("hashValue", "http://rs.tdwg.org/ac/terms/hashValue"),
];

pub(super) const MEASUREMENT: [(&str, &str); 12] = [
    ("occurrenceID", "http://rs.tdwg.org/dwc/terms/occurrenceID"),
    ("measurementID", "http://rs.tdwg.org/dwc/terms/measurementID"),
    ("measurementType", "http://rs.tdwg.org/dwc/terms/measurementType"),
    ("measurementTypeID", "http://rs.iobis.org/obis/terms/measurementTypeID"),
    ("measurementValue", "http://rs.tdwg.org/dwc/terms/measurementValue"),
    (
        "measurementAccuracy",
        "http://rs.tdwg.org/dwc/terms/measurementAccuracy",
    ),
    ("measurementUnit", "http://rs.tdwg.org/dwc/terms/measurementUnit"),
    ("measurementUnitID", "http://rs.iobis.org/obis/terms/measurementUnitID"),
    ("measurementMethod", "http://rs.tdwg.org/dwc/terms/measurementMethod"),
    (
        "measurementDeterminedBy",
        "http://rs.tdwg.org/dwc/terms/measurementDeterminedBy",
    ),
    (
        "measurementDeterminedDate",
        "http://rs.tdwg.org/dwc/terms/measurementDeterminedDate",
    ),
    ("measurementRemarks", "http://rs.tdwg.org/dwc/terms/measurementRemarks"),
];
