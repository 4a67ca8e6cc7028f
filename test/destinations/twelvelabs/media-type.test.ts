import { describe, expect, it } from 'vitest';
import { mediaTypeOf } from '#src/destinations/twelvelabs/media-type.ts';

describe('mediaTypeOf', () => {
  it.each([
    ['film.mp4', 'video'],
    ['FILM.MP4', 'video'],
    ['a/b.c/Film.MoV', 'video'],
    ['clip.M2TS', 'video'],
    ['sound.mp3', 'audio'],
    ['Sound.FLAC', 'audio'],
    ['still.JPeG', 'image'],
    ['still.heic', 'image'],
  ])('maps %s to %s by its extension', (key, type) => {
    expect(mediaTypeOf({ key })).toBe(type);
  });

  it.each([
    ['video/mp4', 'video'],
    ['VIDEO/QuickTime', 'video'],
    ['Audio/x-unknown; codecs="a/b"', 'audio'],
    [' image/png ', 'image'],
  ])('maps content type %s to %s without a known extension', (contentType, type) => {
    expect(mediaTypeOf({ key: 'reels/0001', contentType })).toBe(type);
    expect(mediaTypeOf({ key: 'reels/0001.bin', contentType })).toBe(type);
  });

  it.each([
    ['application/mp4', 'video'],
    ['application/mxf', 'video'],
    ['application/ogg', 'video'],
    ['Application/MXF; charset=binary', 'video'],
    ['application/vnd.rn-realmedia', 'video'],
  ])('B10: maps the container %s to %s (video-on-demand-on-aws#124)', (contentType, type) => {
    expect(mediaTypeOf({ key: 'reels/0001', contentType })).toBe(type);
  });

  it.each([
    'audio/x-mpegurl',
    'audio/mpegurl',
    'audio/x-scpls',
    'video/x-ms-wmx',
    'application/json',
  ])('does not treat a playlist of %s as media', (contentType) => {
    expect(() => mediaTypeOf({ key: 'list', contentType })).toThrow(/neither a known extension/);
  });

  it('ignores names of object properties', () => {
    expect(() => mediaTypeOf({ key: 'x', contentType: 'application/constructor' })).toThrow(
      /neither a known/,
    );
  });

  it('prefers the type that the source configures', () => {
    expect(mediaTypeOf({ key: 'tape.r3d', mediaType: 'video' })).toBe('video');
    expect(mediaTypeOf({ key: 'sound.mp3', contentType: 'audio/mpeg', mediaType: 'video' })).toBe(
      'video',
    );
  });

  it('prefers the extension to the content type', () => {
    expect(mediaTypeOf({ key: 'sound.mp3', contentType: 'video/mp4' })).toBe('audio');
    expect(mediaTypeOf({ key: 'film.mp4', contentType: 'application/octet-stream' })).toBe('video');
  });

  it.each([
    ['notes.txt', 'text/plain'],
    ['notes', undefined],
    ['mp4', undefined],
    ['.mp4', undefined],
    ['film.mp4/', 'binary/octet-stream'],
    ['film.mp4/part', ''],
    ['film.mp4.zip', 'application/zip'],
    ['film.constructor', 'videotape/vhs'],
  ])('rejects %s of type %s', (key, contentType) => {
    const name = 'SourceTypeUnsupportedError';
    expect(() => mediaTypeOf({ key, contentType })).toThrow(
      expect.objectContaining({ name, message: expect.stringContaining(key) }),
    );
  });
});

describe('B17: a file with a media extension that is not media', () => {
  it.each([
    ['._film.mp4', 'video/mp4', 4_096],
    ['archive/._Film.MOV', undefined, 4_096],
    ['__MACOSX/in/._sound.wav', 'audio/wav', 120],
    ['in/._still.jpg', 'image/jpeg', 5_000_000],
  ])('%s of %s is AppleDouble', (key, contentType, sizeBytes) => {
    expect(() => mediaTypeOf({ key, contentType, sizeBytes, mediaType: 'video' })).toThrow(
      expect.objectContaining({
        name: 'SourceTypeUnsupportedError',
        message: `Unsupported object ${JSON.stringify(key)}: it is an AppleDouble file, which macOS stores next to the real file`,
      }),
    );
  });

  it.each([
    ['src/index.ts', 'text/plain', 188],
    ['src/index.ts', 'text/plain; charset=utf-8', undefined],
    ['src/index.ts', 'application/typescript', 188_000],
    ['src/index.ts', 'text/x.typescript', 10],
    ['src/index.mts', 'application/x-typescript', 10],
    ['src/Index.TS', 'TEXT/JavaScript', 10],
    ['types/api.d.ts', 'video/mp2t', 188],
    ['src/index.ts', 'binary/octet-stream', 1_000],
    ['src/index.ts', undefined, 1_000],
  ])('%s of %s and %s bytes is TypeScript', (key, contentType, sizeBytes) => {
    expect(() => mediaTypeOf({ key, contentType, sizeBytes })).toThrow(
      expect.objectContaining({
        name: 'SourceTypeUnsupportedError',
        message: `Unsupported object ${JSON.stringify(key)}: it is TypeScript, not an MPEG transport stream (content type: ${contentType ?? 'none'})`,
      }),
    );
  });

  it.each([
    ['film.ts', 'video/mp2t', 1_000],
    ['film.ts', 'binary/octet-stream', 188 * 1_000],
    ['film.mts', undefined, 192 * 1_000],
    ['film.ts', 'application/octet-stream', 204 * 77],
    ['film.ts', undefined, undefined],
    ['film.ts', undefined, 5_000_000_001],
    ['film.ts', 'text/vnd.trolltech.linguist', 188 * 1_000],
    ['film.m2ts', 'text/plain', 1_000],
    ['film.mp4', 'text/plain', 1_000],
    ['film._.mp4', undefined, 1_000],
    ['._folder/film.mp4', undefined, 1_000],
  ])('%s of %s and %s bytes is media', (key, contentType, sizeBytes) => {
    expect(mediaTypeOf({ key, contentType, sizeBytes })).toBe('video');
  });
});
