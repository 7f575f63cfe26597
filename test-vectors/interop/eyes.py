"""Readers of others look at pictures. One JSON object on each line, in and out.

In: {"do": "see", "reader": "zxing-cpp" or "zbar", "picture": file}. Out: {"found": [bytes as hex]}.
In: {"do": "draw", "text": text, "scale": pixels, "picture": file}. Out: {}; zxing-cpp draws it.
"""

import ctypes
import ctypes.util
import json
import sys

import zxingcpp
from PIL import Image

QRCODE = 64
ENABLE, BINARY = 0, 4
GREY = int.from_bytes(b"Y800", "little")


def zxing(image):
    # In one view of rows and columns, as the library takes it.
    view = memoryview(image.tobytes()).cast("B", (image.height, image.width))
    found = zxingcpp.read_barcodes(view, formats=zxingcpp.BarcodeFormat.QRCode)
    return [code.bytes for code in found]


class Zbar:
    """libzbar, as C programs call it."""

    def __init__(self):
        name = ctypes.util.find_library("zbar")
        if name is None:
            sys.exit("libzbar is missing: run scripts/setup")
        self.lib = ctypes.CDLL(name)
        for function in (
            "zbar_image_scanner_create", "zbar_image_create", "zbar_image_first_symbol",
            "zbar_symbol_next", "zbar_symbol_get_data",
        ):
            getattr(self.lib, function).restype = ctypes.c_void_p

    def see(self, image):
        pixels = image.tobytes()
        lib = self.lib
        scanner = ctypes.c_void_p(lib.zbar_image_scanner_create())
        # Nothing but QR codes, and their bytes as they are.
        for kind, setting, value in ((0, ENABLE, 0), (QRCODE, ENABLE, 1), (QRCODE, BINARY, 1)):
            lib.zbar_image_scanner_set_config(scanner, kind, setting, value)
        picture = ctypes.c_void_p(lib.zbar_image_create())
        lib.zbar_image_set_format(picture, ctypes.c_ulong(GREY))
        lib.zbar_image_set_size(picture, image.width, image.height)
        lib.zbar_image_set_data(picture, pixels, ctypes.c_ulong(len(pixels)), None)
        lib.zbar_scan_image(scanner, picture)
        found = []
        symbol = lib.zbar_image_first_symbol(picture)
        while symbol:
            at = ctypes.c_void_p(symbol)
            length = lib.zbar_symbol_get_data_length(at)
            found.append(ctypes.string_at(lib.zbar_symbol_get_data(at), length))
            symbol = lib.zbar_symbol_next(at)
        lib.zbar_image_destroy(picture)
        lib.zbar_image_scanner_destroy(scanner)
        return found


def draw(asked):
    code = zxingcpp.create_barcode(asked["text"], zxingcpp.BarcodeFormat.QRCode)
    drawn = code.to_image(scale=asked["scale"], add_quiet_zones=True)
    view = memoryview(drawn)
    height, width = view.shape
    Image.frombytes("L", (width, height), view.tobytes()).save(asked["picture"], "PNG")


def main():
    readers = {"zxing-cpp": zxing, "zbar": Zbar().see}
    for line in sys.stdin:
        asked = json.loads(line)
        answer = {}
        if asked["do"] == "draw":
            draw(asked)
        else:
            with Image.open(asked["picture"]) as image:
                found = readers[asked["reader"]](image.convert("L"))
            answer["found"] = [data.hex() for data in found]
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
