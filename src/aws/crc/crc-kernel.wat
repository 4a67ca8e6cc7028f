;; Computes any reflected CRC of at most 64 bits. A checksum is the running value of the CRC's register, in
;; the low bits of an i64: the caller applies the CRC's first value and its last XOR.
;;
;; A CRC is linear, so the register after a word is the XOR of eight table entries, one for each byte of the
;; word. One word at a time waits for its own look-ups. This kernel takes four words at a time, each with a
;; register of its own, so the look-ups of four words overlap. A register then moves on by four words at
;; once, and the tables hold this step. After the last block, the four registers are joined word by word
;; ("braids" in zlib: Mark Adler and Kadatch & Jenkins, "Everything we know about CRC but afraid to forget").
;;
;; The memory, in bytes:
;;     0 to 16383   eight tables of 256 words, one for each byte of a word: the byte after four words
;; 16384 to 18431   a table of 256 words: the byte after one byte
;; 65536 to 131071  the input

(module
  (memory (export "memory") 2)

  ;; Fills the tables for a polynomial in reflected form. Call it once.
  (func (export "createTables") (param $polynomial i64)
    (local $byte i32) (local $crc i64) (local $steps i32)

    ;; The table for one byte: eight steps of one bit.
    (loop $bytes
      (local.set $crc (i64.extend_i32_u (local.get $byte)))
      (local.set $steps (i32.const 8))
      (loop $bits
        (local.set $crc
          (i64.xor
            (i64.shr_u (local.get $crc) (i64.const 1))
            (select
              (local.get $polynomial)
              (i64.const 0)
              (i32.wrap_i64 (i64.and (local.get $crc) (i64.const 1))))))
        (br_if $bits (local.tee $steps (i32.sub (local.get $steps) (i32.const 1)))))
      (i64.store offset=16384 (i32.shl (local.get $byte) (i32.const 3)) (local.get $crc))
      (local.set $byte (i32.add (local.get $byte) (i32.const 1)))
      (br_if $bytes (i32.lt_u (local.get $byte) (i32.const 256))))

    ;; The tables for four words: 24 more bytes after the last byte of a word, 31 after its first.
    (local.set $byte (i32.const 0))
    (loop $bytes
      (local.set $crc (i64.load offset=16384 (i32.shl (local.get $byte) (i32.const 3))))
      (local.set $steps (i32.const 0))
      (loop $zeros
        (local.set $crc (call $addByte (local.get $crc) (i64.const 0)))
        (local.set $steps (i32.add (local.get $steps) (i32.const 1)))
        (if (i32.ge_u (local.get $steps) (i32.const 24))
          (then
            (i64.store
              (i32.add
                (i32.shl (i32.sub (i32.const 31) (local.get $steps)) (i32.const 11))
                (i32.shl (local.get $byte) (i32.const 3)))
              (local.get $crc))))
        (br_if $zeros (i32.lt_u (local.get $steps) (i32.const 31))))
      (local.set $byte (i32.add (local.get $byte) (i32.const 1)))
      (br_if $bytes (i32.lt_u (local.get $byte) (i32.const 256)))))

  ;; Returns the checksum after the bytes from $at up to, not including, $end.
  (func (export "update") (param $crc i64) (param $at i32) (param $end i32) (result i64)
    (local $a i64) (local $b i64) (local $c i64) (local $d i64)
    (if (i32.ge_u (i32.sub (local.get $end) (local.get $at)) (i32.const 64))
      (then
        (local.set $a (local.get $crc))
        ;; Ends before the last whole block, whose words are joined below.
        (loop $blocks
          (local.set $a (call $moveOn (i64.xor (local.get $a) (i64.load (local.get $at)))))
          (local.set $b (call $moveOn (i64.xor (local.get $b) (i64.load offset=8 (local.get $at)))))
          (local.set $c (call $moveOn (i64.xor (local.get $c) (i64.load offset=16 (local.get $at)))))
          (local.set $d (call $moveOn (i64.xor (local.get $d) (i64.load offset=24 (local.get $at)))))
          (local.set $at (i32.add (local.get $at) (i32.const 32)))
          (br_if $blocks
            (i32.ge_u (i32.sub (local.get $end) (local.get $at)) (i32.const 64))))
        (local.set $crc
          (call $addWord (local.get $a) (i64.load (local.get $at))))
        (local.set $crc
          (call $addWord (i64.xor (local.get $crc) (local.get $b)) (i64.load offset=8 (local.get $at))))
        (local.set $crc
          (call $addWord (i64.xor (local.get $crc) (local.get $c)) (i64.load offset=16 (local.get $at))))
        (local.set $crc
          (call $addWord (i64.xor (local.get $crc) (local.get $d)) (i64.load offset=24 (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 32)))))
    (block $done
      (loop $rest
        (br_if $done (i32.eq (local.get $at) (local.get $end)))
        (local.set $crc (call $addByte (local.get $crc) (i64.load8_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $rest)))
    (local.get $crc))

  ;; Returns the register of a word after four words: one look-up for each byte. An entry has 8 bytes, so a
  ;; byte is shifted to bit 3.
  (func $moveOn (param $word i64) (result i64)
    (i64.xor
      (i64.xor
        (i64.xor
          (i64.load (i32.and (i32.wrap_i64 (i64.shl (local.get $word) (i64.const 3))) (i32.const 2040)))
          (i64.load offset=2048
            (i32.and (i32.wrap_i64 (i64.shr_u (local.get $word) (i64.const 5))) (i32.const 2040))))
        (i64.xor
          (i64.load offset=4096
            (i32.and (i32.wrap_i64 (i64.shr_u (local.get $word) (i64.const 13))) (i32.const 2040)))
          (i64.load offset=6144
            (i32.and (i32.wrap_i64 (i64.shr_u (local.get $word) (i64.const 21))) (i32.const 2040)))))
      (i64.xor
        (i64.xor
          (i64.load offset=8192
            (i32.and (i32.wrap_i64 (i64.shr_u (local.get $word) (i64.const 29))) (i32.const 2040)))
          (i64.load offset=10240
            (i32.and (i32.wrap_i64 (i64.shr_u (local.get $word) (i64.const 37))) (i32.const 2040))))
        (i64.xor
          (i64.load offset=12288
            (i32.and (i32.wrap_i64 (i64.shr_u (local.get $word) (i64.const 45))) (i32.const 2040)))
          (i64.load offset=14336
            (i32.and (i32.wrap_i64 (i64.shr_u (local.get $word) (i64.const 53))) (i32.const 2040)))))))

  ;; Returns the checksum after the eight bytes of a word.
  (func $addWord (param $crc i64) (param $word i64) (result i64)
    (local $bytes i32)
    (local.set $crc (i64.xor (local.get $crc) (local.get $word)))
    (loop $next
      (local.set $crc (call $addByte (local.get $crc) (i64.const 0)))
      (local.set $bytes (i32.add (local.get $bytes) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $bytes) (i32.const 8))))
    (local.get $crc))

  ;; Returns the checksum after one byte.
  (func $addByte (param $crc i64) (param $byte i64) (result i64)
    (i64.xor
      (i64.shr_u (local.get $crc) (i64.const 8))
      (i64.load offset=16384
        (i32.and
          (i32.wrap_i64 (i64.shl (i64.xor (local.get $crc) (local.get $byte)) (i64.const 3)))
          (i32.const 2040)))))
)
