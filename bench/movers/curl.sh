#!/usr/bin/env bash
# Moves the chunks of a list with `curl | tee >(md5sum) | curl`, several at a time, then prints the
# CPU time of this shell and of all its children.
# usage: curl.sh <folder with a file "list"> <chunks in flight> <object url>
# Each line of the list: first-last byte, length, upload address.
set -o pipefail
folder=$1 lanes=$2 object=$3
mapfile -t chunks <"$folder/list"

# A fifo stands for >(md5sum): a process substitution is waited for by nobody, so its CPU time
# would be lost.
move() {
  local range length url
  read -r range length url <<<"${chunks[$2]}"
  md5sum <"$folder/fifo.$1" >|"$folder/$2.md5" &
  curl -sS --fail -r "$range" "$object" |
    tee "$folder/fifo.$1" |
    curl -sS --fail -o /dev/null -T - -H "Content-Length: $length" -H 'Transfer-Encoding:' \
      -H 'Expect:' "$url" || return 1
  wait
}

# Whoever creates a chunk's claim first, moves it.
lane() {
  local index
  set -o noclobber
  for index in "${!chunks[@]}"; do
    { : >"$folder/$index.claim"; } 2>/dev/null || continue
    move "$1" "$index" || exit 1
  done
}

for ((n = 0; n < lanes; n++)); do mkfifo "$folder/fifo.$n"; done
pids=()
for ((n = 0; n < lanes; n++)); do
  lane "$n" &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || exit 1; done
times
