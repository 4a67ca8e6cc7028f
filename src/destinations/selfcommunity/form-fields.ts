import type { UploadSession } from '#src/core/transfer/destination.ts';
import type { Mode } from './settings.ts';

/** The names of one upload's form fields. */
export interface FormNames {
  /** The field of the file. */
  readonly file: string;
  /** The fields of `complete`, besides the id and the MD5. */
  readonly complete: Readonly<Record<string, string>>;
}

const documented: Readonly<Record<'image' | 'document', FormNames>> = {
  image: { file: 'image', complete: { type: 'image' } },
  document: { file: 'document', complete: { type: 'doc' } },
};

/** The default field of django-chunked-upload 2.0.0, which knows no types. */
const library: FormNames = { file: 'file', complete: {} };

/** Returns the names for a session: those of the documents, or those of the library. */
export function formNames(mode: Mode, { details }: UploadSession): FormNames {
  if (mode === 'library') return library;
  const { file, complete } = documented[details.kind === 'image' ? 'image' : 'document'];
  return { file, complete: { ...complete, ...(details.type && { type: details.type }) } };
}
