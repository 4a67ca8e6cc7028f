import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { knownExtensions, typeOfExtension } from '#src/core/source/media-types.ts';

/** mime-db: IANA's registry and the lists of Apache and nginx. It has no TypeScript types. */
const registered = createRequire(import.meta.url)('mime-db') as Readonly<
  Record<string, { readonly extensions?: readonly string[] }>
>;

const extensionsOf = (family: string) =>
  Object.entries(registered)
    .filter(([type]) => type.startsWith(`${family}/`))
    .flatMap(([, { extensions = [] }]) => extensions);

/** Extensions with a video or audio type that are not media, or that no open tool can play. */
const leftOut = new Set(
  [
    'asx m3u m4u mxu ram wax wmx wvx', // playlists
    'mks', // subtitles
    'm4s dvb', // fragments and tables of a stream
    'kar mid midi rmi mxmf s3m xm adp', // sheet music
    'fli fvt mng smv jpm jpgm', // animated drawings
    'uva uvva uvh uvvh uvm uvvm uvp uvvp uvs uvvs uvv uvvv uvu uvvu pya pyv', // protected
    'dra ecelp4800 ecelp7470 ecelp9600 eol lvp rip rmp sil', // telephony and plugins
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

  it('contain no excluded extension', () => {
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
  ])('map .%s to %s', (extension, type) => {
    expect(typeOfExtension(extension)).toBe(type);
  });

  it('are unique and in lower case', () => {
    const all = knownExtensions();
    expect(all.filter((one) => one !== one.toLowerCase() || one === '')).toEqual([]);
  });
});
