#!/bin/bash
# The trainings of the default network, with the seeds.   bash recipe.sh tuned|cv|full WORK
#
#   tuned  the starter network trained further on better pictures; about 1,100 CPU seconds
#   cv     the same training for each fold, from the starter's network of drawn fish only; about 700 CPU seconds a fold
#   full   a larger network from ImageNet, cross-validated over all four folds; about 2,600 CPU seconds and 1,900 more a fold
#
# One thread; every training goes on from its last state when the same command is given again after a kill.
# Pictures: ../../../shared/data, or $FISH_DATA. First: pip install --no-deps -r requirements.txt (the PyPI wheel of torch wants CUDA's
# libraries: ../../../shared/reference/cpu_torch.py does without them).
set -e
HERE=$(cd "$(dirname "$0")" && pwd)
WHAT=$1
STARTER=$HERE/../starter-float/network.onnx
ONLY_DRAWN=${FISH_DATA:-$HERE/../../../shared/data}/../models/starter/starter_drawn_int8.onnx
mkdir -p "$2/runs" && cd "$2"
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive
export FISH_DATA=${FISH_DATA:-$HERE/../../../shared/data}
train() { python "$HERE/train.py" --real "$HERE/pairs.tsv" "$@"; }
drawn() { [ -e "$1/done" ] || { python "$HERE/draw.py" "$@" && touch "$1/done"; }; }

some() {
    drawn drawn/d 300 1400 600
    drawn drawn/e 62 1500 0
    drawn drawn/stickleback 40 1600 0 stickleback
    drawn drawn/wrasse 20 1601 100 wrasse
    drawn drawn/goby 15 1602 200 goby
    drawn drawn/catfish 25 1603 300 catfish
    drawn drawn/angel 20 1604 400 angel
    D="--drawn drawn/d drawn/e drawn/stickleback drawn/wrasse drawn/goby drawn/catfish drawn/angel"
}

case $WHAT in
tuned)
    # As it was run, but for the first part's drawn fish: that saw 60 of drawn/d, drawn/e and 24 sticklebacks.
    # Fold 9, the three labels of ../labels, is left out at first: with cefish_004537 four pictures that no network here has seen.
    some
    [ -e runs/s1.pt ] || train $D --init "$STARTER" --fold 9 --real-share .65 --batch 4 --steps 160 --lr 2.5e-4 --enc-lr 8e-5 --ema .97 --seed 40 --out runs/s1.pt
    [ -e runs/s2.pt ] || train $D --init runs/s1.pt --fold 9 --real-share .65 --batch 6 --steps 420 --lr 4e-4 --enc-lr 1.2e-4 --ema .98 --seed 41 --out runs/s2.pt
    python "$HERE/score.py" "$STARTER" runs/s1.pt runs/s2.pt
    [ -e runs/s3.pt ] || train $D --init runs/s2.pt --real-share .7 --batch 6 --steps 220 --lr 3e-4 --enc-lr 1e-4 --ema .98 --seed 42 --out runs/s3.pt
    python "$HERE/mean.py" runs/s23.pt runs/s2.pt runs/s3.pt
    python "$HERE/score.py" "$STARTER" runs/s2.pt runs/s3.pt runs/s23.pt -- cefish_004537
    python "$HERE/empty.py" "$STARTER" runs/s2.pt runs/s23.pt
    mkdir -p "$HERE/../lite0-float"
    python "$HERE/export.py" runs/s23.pt "$HERE/../lite0-float/network.onnx"
    ;;
cv)
    some
    for f in 0 1 2 3; do
        [ -e runs/c$f.pt ] || train $D --init "$ONLY_DRAWN" --fold $f --real-share .65 --batch 4 --steps 700 --lr 6e-4 --enc-lr 1.5e-4 --ema .98 --seed $((50 + f)) --out runs/c$f.pt
    done
    python "$HERE/cvsum.py" cv.png runs/c[0123].pt.real.npz
    ;;
full)
    drawn drawn/d 1200 1400 0
    drawn drawn/e 800 1500 0
    drawn drawn/stickleback 100 1600 0 stickleback
    drawn drawn/catfish 100 1603 0 catfish
    D="--drawn drawn/d drawn/e drawn/stickleback drawn/catfish"
    [ -e runs/base.pt ] || python "$HERE/train.py" --encoder lite2 --width 64 $D --size 320x128 --batch 16 --steps 800 --lr 2e-3 --enc-lr 3e-4 --seed 11 --out runs/base.pt
    for f in 0 1 2 3 -1; do  # -1: all pictures, the one to ship
        [ -e runs/a$f.pt ] || train $D --init runs/base.pt --fold $f --real-share .6 --size 480x192 --batch 12 --steps 400 --lr 1e-3 --enc-lr 3e-4 --seed 20 --out runs/a$f.pt
        [ -e runs/b$f.pt ] || train $D --init runs/a$f.pt --fold $f --real-share .65 --batch 8 --steps 700 --lr 6e-4 --enc-lr 2e-4 --ema .98 --seed 21 --out runs/b$f.pt
    done
    python "$HERE/cvsum.py" cv.png runs/b[0123].pt.real.npz
    ;;
esac
