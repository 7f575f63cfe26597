"""The pictures of a folder read by zxing-cpp: zxing.py FOLDER"""
import sys
import time

import numpy
import zxingcpp

WIDTH, HEIGHT = 1280, 720
folder = sys.argv[1]
with (
    open(f"{folder}/corpus.raw", "rb") as pixels,
    open(f"{folder}/corpus.tsv", encoding="ascii") as rows,
    open(f"{folder}/read-zxing-cpp.tsv", "w", encoding="ascii") as out,
):
    for row in rows:
        text = row.rstrip("\n").split("\t")[2]
        picture = numpy.frombuffer(pixels.read(WIDTH * HEIGHT), dtype=numpy.uint8)
        start = time.thread_time()
        found = zxingcpp.read_barcodes(
            picture.reshape(HEIGHT, WIDTH), formats=zxingcpp.BarcodeFormat.QRCode
        )
        took = (time.thread_time() - start) * 1e6
        texts = [code.text for code in found]
        told = "ok" if text in texts else "wrong" if texts else "none"
        out.write(f"{told}\t{took:.0f}\n")
