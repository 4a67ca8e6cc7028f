/**
 * Which extensions and content types are media. IANA's registry and the list of Apache, as mime-db
 * has them, and what broadcasters and cameras write besides; a test compares. Left out: playlists,
 * subtitles, fragments, notes of music, and drawings.
 */

/** What the service makes of an object. */
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

/** Lists of media and drawings: the family of their content type promises what they are not. */
const otherTypes = /^(?:audio|video)\/.*(?:mpegurl|scpls|x-ms-w[amv]x|midi)$|^image\/svg\+xml$/;

/** @param extension - in lower case, without its dot */
export function typeOfExtension(extension: string): MediaType | undefined {
  return typeByExtension.get(extension);
}

/** The media type that a content type tells, in any letter case and with any parameter. */
export function typeOfContent(contentType: string | undefined): MediaType | undefined {
  const plain = bare(contentType);
  if (otherTypes.test(plain)) return undefined;
  const [family = '', subtype = ''] = plain.split('/');
  if (family === 'application') {
    return Object.hasOwn(applicationTypes, subtype) ? applicationTypes[subtype] : undefined;
  }
  return mediaTypes.find((type) => type === family);
}

/** Whether a content type is one that source code is stored with. */
export function isCode(contentType: string | undefined): boolean {
  const plain = bare(contentType);
  // Qt's translations have the same extension, and a list that many machines have gives their type
  // to every file of it.
  if (/^text\/vnd\.(?:trolltech|qt)\.linguist$/.test(plain)) return false;
  return /^text\/|^application\/(?:json|xml|(?:x-)?(?:type|java|ecma)script)$/.test(plain);
}

/** Every extension that is known. */
export function knownExtensions(): readonly string[] {
  return [...typeByExtension.keys()];
}

function bare(contentType: string | undefined): string {
  return contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
}
