#!/bin/bash
# The trainings of the default network, with the seeds.   bash recipe.sh ship|cv|larger|dragonets WORK
#
#   ship    the network that is built in, from the starter's network of drawn fish only; about 3,000 CPU seconds
#   cv      its cross-validation: the same without each other fold, in 1,500 steps; about 1,300 CPU seconds a fold
#   larger  the same with a larger encoder, from ImageNet, without fold 0: what size brings; about 2,800 CPU seconds
#   dragonets  the same with drawn dragonets, without fold 0, which has a real one: what drawing a kind brings; about 2,100 CPU seconds
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

drawn drawn/d 500 1400 0
drawn drawn/e 160 1500 0
drawn drawn/stickleback 50 1600 0 stickleback
drawn drawn/wrasse 60 1601 0 wrasse
drawn drawn/goby 30 1602 0 goby
drawn drawn/catfish 60 1603 0 catfish
drawn drawn/angel 60 1604 0 angel
D="--drawn drawn/d drawn/e drawn/stickleback drawn/wrasse drawn/goby drawn/catfish drawn/angel"

# One fold is left out: its pictures tell how good this is.
without() { [ -e runs/t$1.pt ] || train $D --init "$ONLY_DRAWN" --fold $1 --real-share .6 --batch 6 --steps $2 --lr 6e-4 --enc-lr 1.5e-4 --ema .985 --seed $((70 + $1)) --out runs/t$1.pt; }

case $WHAT in
ship)
    without 0 2400
    # Its ten pictures also tell how far the percentages can be believed. They are learnt at last.
    python "$HERE/calibrate.py" 0 runs/t0.pt
    [ -e runs/tf.pt ] || train $D --init runs/t0.pt --real-share .65 --batch 6 --steps 500 --lr 3e-4 --enc-lr 1e-4 --ema .985 --seed 71 --out runs/tf.pt
    python "$HERE/mean.py" runs/t0f.pt runs/t0.pt runs/tf.pt
    python "$HERE/score.py" "$STARTER" runs/t0.pt runs/tf.pt runs/t0f.pt -- cefish_004537
    python "$HERE/empty.py" "$STARTER" runs/t0.pt runs/t0f.pt
    python "$HERE/export.py" runs/t0f.pt "$HERE/../lite0-float/network.onnx" --temperature 2.7
    ;;
cv)
    without 0 2400
    for f in 1 2 3; do without $f 1500; done
    python "$HERE/cvsum.py" cv.png runs/t[0123].pt.real.npz
    python "$HERE/calibrate.py" 0 runs/t0.pt 1 runs/t1.pt 2 runs/t2.pt 3 runs/t3.pt
    ;;
larger)
    [ -e runs/base.pt ] || train $D --encoder lite2 --width 64 --fold 0 --real-share .4 --size 320x128 --batch 16 --steps 600 --lr 2e-3 --enc-lr 3e-4 --seed 11 --out runs/base.pt
    [ -e runs/u0.pt ] || train $D --init runs/base.pt --fold 0 --real-share .6 --batch 6 --steps 2000 --lr 8e-4 --enc-lr 2e-4 --ema .985 --seed 80 --out runs/u0.pt
    ;;
dragonets)
    drawn drawn/dragonet 80 1605 0 dragonet
    D="$D drawn/dragonet drawn/dragonet"
    [ -e runs/g0.pt ] || train $D --init "$ONLY_DRAWN" --fold 0 --real-share .6 --batch 6 --steps 2400 --lr 6e-4 --enc-lr 1.5e-4 --ema .985 --seed 70 --out runs/g0.pt
    ;;
esac
