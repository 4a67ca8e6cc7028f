import type { LocalDefinition } from '#local/commands/destination-options.ts';
import type { MediaType } from '#src/core/source/media-types.ts';
import type { AcceptedObject, Destination } from '#src/core/transfer/destination.ts';
import type { ListedObject } from '../listing/list-objects.ts';

/** Why a listed object is left out. */
export type LeftOut =
  | 'empty'
  | 'filters'
  | 'type'
  | 'too-large'
  | 'archived'
  | 'moved'
  | 'moving'
  | 'cancelled';

/** By which rules the objects of a list are chosen. */
export interface ObjectRules {
  /** The service, as people name it. */
  readonly service: string;
  /** Whether the requester pays for reads of the bucket. */
  readonly requestPayer?: boolean;
  /** Returns why an object is left out; undefined if it is moved. */
  rejects(object: ListedObject, mediaType?: MediaType): LeftOut | undefined;
}

/** Returns the rules of a destination. A list shows no content type: the extension decides. */
export function serviceRules(
  destination: Pick<Destination, 'accept'>,
  { title }: Pick<LocalDefinition, 'title'>,
): ObjectRules {
  return {
    service: title,
    rejects(object, mediaType) {
      if (object.sizeBytes === 0) return 'empty';
      const accepted = acceptedBy(destination, object, mediaType);
      if (accepted === undefined) return 'type';
      if (object.sizeBytes > accepted.maxBytes) return 'too-large';
      return object.isArchived ? 'archived' : undefined;
    },
  };
}

function acceptedBy(
  destination: Pick<Destination, 'accept'>,
  { key, sizeBytes }: ListedObject,
  mediaType: MediaType | undefined,
): AcceptedObject | undefined {
  try {
    return destination.accept({ key, sizeBytes, mediaType });
  } catch {
    return undefined;
  }
}
