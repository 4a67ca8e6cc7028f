import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { knownExtensions, typeOfExtension } from '#src/core/source/media-types.ts';

/** IANA's registry and the lists of Apache and nginx; it has no types. */
const registered = createRequire(import.meta.url)('mime-db') as Readonly<
  Record<string, { readonly extensions?: readonly string[] }>
>;

const extensionsOf = (family: string) =>
  Object.entries(registered)
    .filter(([type]) => type.startsWith(`${family}/`))
    .flatMap(([, { extensions = [] }]) => extensions);

/** What bears a video or an audio type and is no film and no sound, or is played by no open tool. */
const leftOut = new Set(
  [
    'asx m3u m4u mxu ram wax wmx wvx', // playlists
    'mks', // subtitles
    'm4s dvb', // fragments and tables of a stream
    'kar mid midi rmi mxmf s3m xm adp', // notes of music
    'fli fvt mng smv jpm jpgm', // drawings that move
    'uva uvva uvh uvvh uvm uvvm uvp uvvp uvs uvvs uvv uvvv uvu uvvu pya pyv', // protected
    'dra ecelp4800 ecelp7470 ecelp9600 eol lvp rip rmp sil', // telephones and plugins
  ].flatMap((line) => line.split(' ')),
);

describe('the known extensions', () => {
  it.each(['video', 'audio'])(
    'hold all that are registered for %s, but for those left out',
    (family) => {
      const missing = extensionsOf(family).filter(
        (one) => !typeOfExtension(one) && !leftOut.has(one),
      );
      expect(missing).toEqual([]);
    },
  );

  it('hold none of those left out', () => {
    expect(knownExtensions().filter((one) => leftOut.has(one))).toEqual([]);
  });

  it.each([
    ['m2t', 'video'],
    ['m2ts', 'video'],
    ['mts', 'video'],
    ['mxf', 'video'],
    ['ogv', 'video'],
    ['ogx', 'video'],
    ['ogg', 'audio'],
    ['mpe', 'video'],
    ['qt', 'video'],
    ['3g2', 'video'],
    ['gxf', 'video'],
    ['dv', 'video'],
    ['hevc', 'video'],
    ['ac3', 'audio'],
    ['w64', 'audio'],
    ['avif', 'image'],
  ])('hold .%s as %s', (extension, type) => {
    expect(typeOfExtension(extension)).toBe(type);
  });

  it('are said once each, in lower case', () => {
    const all = knownExtensions();
    expect(all.filter((one) => one !== one.toLowerCase() || one === '')).toEqual([]);
  });
});
