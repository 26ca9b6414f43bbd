"""The columns of a list of items, and what people and other programs call them in English, German and Spanish."""

from careops.core.lists import Column

COLUMNS = (
    "sku", "name", "unit", "quantity", "low_stock_threshold", "cost", "supplier_note", "is_active",
)  # fmt: skip
LOT, EXPIRES_ON = "lot", "expires_on"
NUMBERS = frozenset({"quantity", "low_stock_threshold", "cost"})
NEEDED = ("sku", "name")
# The most certain word first: of two columns that can be the same, the one with the earlier word is. Without accents.
WORDS = {
    "sku": (
        "item number", "item no", "item code", "article number", "article no", "product code", "product number", "product no",
        "stock code", "code", "artikelnummer", "artikelnr", "artikel nr", "art nr", "artnr", "produktcode", "produktnummer",
        "materialnummer", "bestellnummer", "bestellnr", "codigo", "codigo de articulo", "codigo de producto",
        "numero de articulo", "referencia", "ref", "nr", "no", "number", "nummer", "numero", "item", "article", "artikel", "articulo",
    ),
    "name": (
        "item name", "product name", "article name", "item description", "product description", "product", "description",
        "artikelname", "artikelbezeichnung", "produktname", "bezeichnung", "produkt", "beschreibung", "nombre",
        "nombre del producto", "nombre del articulo", "producto", "descripcion", "denominacion", "item", "article", "artikel", "articulo",
        "material",
    ),
    "unit": (
        "uom", "unit of measure", "units", "einheit", "mengeneinheit", "masseinheit", "unidad", "unidad de medida",
    ),
    "quantity": (
        "qty", "level", "quantity on hand", "on hand", "in stock", "stock", "stock level", "count", "amount", "bestand", "lagerbestand",
        "menge", "anzahl", "stuckzahl", "vorrat", "existencias", "existencia", "cantidad", "cant", "stock actual",
    ),
    "low_stock_threshold": (
        "threshold", "minimum", "reorder level", "reorder point", "low at", "minimum stock", "min stock", "min",
        "mindestbestand", "meldebestand", "mindestmenge", "stock minimo", "existencias minimas", "minimo", "punto de pedido",
    ),
    "cost": (
        "unit cost", "cost per unit", "unit price", "cost price", "purchase price", "price", "einkaufspreis", "einzelpreis",
        "stuckpreis", "ek preis", "preis", "kosten", "coste", "costo", "coste unitario", "precio unitario", "precio",
    ),
    "supplier_note": (
        "supplier", "vendor", "note", "notes", "comment", "comments", "remarks", "lieferant", "bemerkung", "bemerkungen", "notiz",
        "anmerkung", "proveedor", "nota", "notas", "observaciones",
    ),
    "is_active": ("active", "aktiv", "activo"),
    LOT: (
        "lot number", "lot no", "lot code", "batch", "batch number", "batch no", "charge", "chargennummer", "chargennr", "losnummer",
        "lote", "numero de lote",
    ),
    EXPIRES_ON: (
        "expiry", "expiry date", "expiration", "expiration date", "expires", "exp date", "exp", "use by", "use until", "best before",
        "last day", "verfall", "verfalldatum", "verfallsdatum", "ablaufdatum", "haltbar bis", "verwendbar bis", "mhd", "caducidad",
        "fecha de caducidad", "vencimiento", "fecha de vencimiento", "caduca",
    ),
}  # fmt: skip
KNOWN = tuple(Column(name, words) for name, words in WORDS.items())
TITLES = {
    "sku": "SKU, the number of the item",
    "name": "Name",
    "unit": "Unit",
    "quantity": "Quantity in stock",
    "low_stock_threshold": "Low at this level",
    "cost": "Cost per unit",
    "supplier_note": "Supplier note",
    "is_active": "Active",
    LOT: "Lot",
    EXPIRES_ON: "Last day of the lot",
}
