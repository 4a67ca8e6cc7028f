#!/usr/bin/env bash
# Moves the chunks of a list with `curl | tee >(md5sum) | curl`, several at a time. Then prints the CPU
# time of this shell and of all its children.
# usage: curl.sh <folder with a file "list"> <chunks in flight> <object url>
# Each line of the list: first-last byte, length, upload URL.
set -o pipefail
folder=$1 workers=$2 object=$3
mapfile -t chunks <"$folder/list"

# Uses a fifo instead of >(md5sum): bash does not wait for a process substitution and loses its CPU
# time.
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

# The worker that creates the claim file of a chunk moves the chunk.
run_worker() {
  local index
  set -o noclobber
  for index in "${!chunks[@]}"; do
    { : >"$folder/$index.claim"; } 2>/dev/null || continue
    move "$1" "$index" || exit 1
  done
}

for ((n = 0; n < workers; n++)); do mkfifo "$folder/fifo.$n"; done
pids=()
for ((n = 0; n < workers; n++)); do
  run_worker "$n" &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || exit 1; done
times
