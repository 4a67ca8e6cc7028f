interface Chapter {
  readonly page: string;
  readonly heading: string;
}

const configuration = (heading: string): Chapter => ({ page: 'docs/configuration.md', heading });
const inputAndOutput = (heading: string): Chapter => ({
  page: 'docs/input-and-output.md',
  heading,
});

/** Where the fields of an export are described. Their types come from schemas and read badly. */
const chapters: Readonly<Record<string, readonly Chapter[]>> = {
  ChunkferryProps: [configuration('Props of the construct')],
  SourceProps: [configuration('Props of a source')],
  SourceAccountProps: [configuration('Fields of a source account')],
  TransferWindowProps: [configuration('Fields of a transfer window')],
  AlarmThresholdProps: [configuration('Alarm thresholds')],
  DestinationProps: [configuration('Destinations')],
  TransferStackProps: [configuration('Transfers'), configuration('Props of the construct')],
  SourceAccountStackProps: [configuration('Source account')],
  SourceAccountFields: [configuration('Source account')],
  TransferInput: [inputAndOutput('Input')],
  transferInputSchema: [inputAndOutput('Input')],
  TransferOutput: [inputAndOutput('Output')],
  transferOutputSchema: [inputAndOutput('Output')],
  TransferStatus: [inputAndOutput('Status')],
  TransferEvent: [inputAndOutput('Events')],
  transferEventSchema: [inputAndOutput('Events')],
  TransferEventType: [inputAndOutput('Events')],
};

/** Returns the line that links to the description of an export's fields; an empty list if there is no such page. */
export function describedAt(name: string): string[] {
  const links = (chapters[name] ?? []).map(
    ({ page, heading }) => `[${heading}](${page}#${anchorOf(heading)})`,
  );
  return links.length === 0 ? [] : [`Described in ${links.join(' and ')}.`];
}

/** Returns the anchor that GitHub makes of a heading. */
export function anchorOf(heading: string): string {
  return heading.toLowerCase().replaceAll(' ', '-');
}
