#!/bin/sh
# Makes the small raw pictures of this folder and, from them, the RGB pictures that they should become. ffmpeg makes both, so nothing of fishrig takes part.
#
#     cd tests/data/pixel_formats && ./make.sh        (seen with ffmpeg 5.1.9 of Debian 12)
#
# FORMAT_MATRIX_RANGE_SIZE.raw   the bytes as a driver would give them, rows without padding
# FORMAT_MATRIX_RANGE_SIZE.png   what ffmpeg reads in them
#
# Chroma is repeated and not interpolated (neighbor), as fishrig does it. fishrig may differ by 1 level: both round sums of fixed-point products, and the true
# value may lie between two levels. One thread, because ffmpeg does not interpolate Bayer pixels at the edges of what it gives to each.
set -eu
rm -f -- *.raw *.png *.jpg

flags="flags=neighbor+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"
# Steep slopes of all three colours at different angles: nearly every combination of levels, and colours beyond what limited range can hold.
scene="geq=r='mod(X*9+Y*4\,256)':g='mod(X*5+Y*13+60\,256)':b='255-mod(X*14+Y*3\,256)'"

make() { # ffmpeg's pixel format, matrix, range, size
    name="$1_$2_$3_$4"
    ffmpeg -v error -y -f lavfi -i "nullsrc=size=$4:rate=1:duration=1,format=gbrp,$scene" -frames:v 1 \
        -vf "scale=out_color_matrix=$2:out_range=$3:$flags,format=$1" -f rawvideo "$name.raw"
    picture "$name" "$1" "$4" "in_color_matrix=$2:in_range=$3:out_range=full:$flags"
}

picture() { # name, ffmpeg's pixel format, size, options of scale
    ffmpeg -v error -y -filter_threads 1 -f rawvideo -pixel_format "$2" -video_size "$3" -i "$1.raw" -frames:v 1 \
        -vf "scale=$4,format=rgb24" -f image2 -c:v png "$1.png"
}

for format in yuyv422 uyvy422 nv12 yuv420p; do
    make $format bt601 limited 66x34
    make $format bt601 full 66x34
    make $format bt709 limited 66x34
    make $format bt709 full 66x34
done
make yuyv422 bt2020 limited 66x34

# One colour a pixel; ffmpeg interpolates as fishrig does, but for the outermost pixels.
for format in bayer_bggr8 bayer_gbrg8 bayer_grbg8 bayer_rggb8; do
    name="${format}_none_full_66x34"
    ffmpeg -v error -y -f lavfi -i "nullsrc=size=66x34:rate=1:duration=1,format=gray,geq=lum='127+127*sin(X*X*1.7+Y*2.3)'" -frames:v 1 -f rawvideo "$name.raw"
    picture "$name" $format 66x34 "out_range=full:$flags"
done

# A JPEG with the standard Huffman tables, as a camera makes it; the test takes the tables out.
ffmpeg -v error -y -f lavfi -i "nullsrc=size=66x34:rate=1:duration=1,format=gbrp,$scene" -frames:v 1 -vf "format=yuvj422p" \
    -c:v mjpeg -huffman default -q:v 3 -bitexact -f image2 camera.jpg
