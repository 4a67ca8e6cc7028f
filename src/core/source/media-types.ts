/**
 * The extensions and content types of media. Sources: IANA's registry and Apache's list, as in mime-db
 * (a test compares), and the extensions of broadcasters and cameras. Playlists, subtitles, fragments,
 * sheet music and drawings are excluded.
 */

/** The media type of an object at the service. */
export type MediaType = 'video' | 'audio' | 'image';

export const mediaTypes = ['video', 'audio', 'image'] as const satisfies readonly MediaType[];

const extensions: Readonly<Record<MediaType, string>> = {
  video: `mp4 mp4v mpg4 m4v mp21 m21 mov qt mkv mk3d webm avi divx mpg mpeg mpe m1v m2v m2p mp2v mpv
    ts tp trp m2t m2ts mts tod vob evo mxf gxf lxf dv dif wmv wm wtv asf flv f4v f4p 3gp 3gpp 3g2
    3gp2 ogv ogm ogx rm rmvb mj2 mjp2 jpgv h261 h263 h264 264 h265 265 hevc avc vc1 obu ivf y4m nut
    ismv amv movie viv`,
  audio: `mp3 mp2 mp2a m2a m3a mpga mpa wav wave w64 rf64 bwf flac aac adts m4a m4b mp4a m4p ogg oga
    spx opus wma aif aiff aifc amr awb 3ga au snd ac3 eac3 ec3 dts dtshd caf weba mka ape wv tta ra
    dsf dff isma`,
  image: `jpg jpeg jpe jfif png apng webp gif bmp dib tif tiff heic heics heif heifs avif`,
};

const typeByExtension: ReadonlyMap<string, MediaType> = new Map(
  mediaTypes.flatMap((type) =>
    extensions[type].split(/\s+/).map((extension) => [extension, type] as const),
  ),
);

/** Containers whose content type begins with `application`. */
const applicationTypes: Readonly<Record<string, MediaType>> = {
  mp4: 'video',
  mp21: 'video',
  mp2t: 'video',
  mxf: 'video',
  gxf: 'video',
  ogg: 'video',
  'x-ogg': 'video',
  'x-matroska': 'video',
  'vnd.rn-realmedia': 'video',
  'vnd.rn-realmedia-vbr': 'video',
  'vnd.ms-asf': 'video',
  'x-troff-msvideo': 'video',
};

/** Playlists, MIDI and SVG: not media, although their content type is audio, video or image. */
const otherTypes = /^(?:audio|video)\/.*(?:mpegurl|scpls|x-ms-w[amv]x|midi)$|^image\/svg\+xml$/;

/**
 * Returns the media type of an extension.
 * @param extension - in lower case, without its dot
 */
export function typeOfExtension(extension: string): MediaType | undefined {
  return typeByExtension.get(extension);
}

/** Returns the media type of a content type. Ignores letter case and parameters. */
export function typeOfContent(contentType: string | undefined): MediaType | undefined {
  const plain = bare(contentType);
  if (otherTypes.test(plain)) return undefined;
  const [family = '', subtype = ''] = plain.split('/');
  if (family === 'application') {
    return Object.hasOwn(applicationTypes, subtype) ? applicationTypes[subtype] : undefined;
  }
  return mediaTypes.find((type) => type === family);
}

/** True for a content type of source code. */
export function isCode(contentType: string | undefined): boolean {
  const plain = bare(contentType);
  // Many MIME databases map every .ts file to the type of Qt's translation files.
  if (/^text\/vnd\.(?:trolltech|qt)\.linguist$/.test(plain)) return false;
  return /^text\/|^application\/(?:json|xml|(?:x-)?(?:type|java|ecma)script)$/.test(plain);
}

/** Returns every known extension. */
export function knownExtensions(): readonly string[] {
  return [...typeByExtension.keys()];
}

function bare(contentType: string | undefined): string {
  return contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
}
