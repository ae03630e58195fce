#!/bin/bash
# The trainings of the default network, with the seeds.   bash recipe.sh ship|cv|full WORK
#
#   ship   the network that is built in, from the starter's network of drawn fish only; about 3,000 CPU seconds
#   cv     a third of that training for each fold; about 700 CPU seconds a fold
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
ship)
    drawn drawn/d 500 1400 0
    drawn drawn/e 160 1500 0
    drawn drawn/stickleback 50 1600 0 stickleback
    drawn drawn/wrasse 60 1601 0 wrasse
    drawn drawn/goby 30 1602 0 goby
    drawn drawn/catfish 60 1603 0 catfish
    drawn drawn/angel 60 1604 0 angel
    D="--drawn drawn/d drawn/e drawn/stickleback drawn/wrasse drawn/goby drawn/catfish drawn/angel"
    # Fold 0 is left out at first: its ten pictures tell how good this is, and how far the percentages can be believed. They are learnt at last.
    [ -e runs/t0.pt ] || train $D --init "$ONLY_DRAWN" --fold 0 --real-share .6 --batch 6 --steps 2400 --lr 6e-4 --enc-lr 1.5e-4 --ema .985 --seed 70 --out runs/t0.pt
    python "$HERE/calibrate.py" 0 runs/t0.pt
    [ -e runs/tf.pt ] || train $D --init runs/t0.pt --real-share .65 --batch 6 --steps 500 --lr 3e-4 --enc-lr 1e-4 --ema .985 --seed 71 --out runs/tf.pt
    python "$HERE/mean.py" runs/t0f.pt runs/t0.pt runs/tf.pt
    python "$HERE/score.py" "$STARTER" runs/t0.pt runs/tf.pt runs/t0f.pt -- cefish_004537
    python "$HERE/empty.py" "$STARTER" runs/t0.pt runs/t0f.pt
    python "$HERE/export.py" runs/t0f.pt "$HERE/../lite0-float/network.onnx" --temperature 2.7
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
