import { RootCommand } from '@bomb.sh/tab';
import { Argument, Command } from 'commander';
import { bashScript } from '../completion/bash-script.ts';
import { captureLog } from '../completion/captured-log.ts';
import { printResult } from '../context.ts';
import { addExamples } from '../options.ts';
import type { CreateCommand } from './registry.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

/** Creates `chunkferry completion`. */
export const completionCommand: CreateCommand = (context, onEnd) => {
  const command = new Command()
    .description(
      'Prints a script that makes the Tab key complete commands, options and their values. The program must be installed under the name chunkferry.',
    )
    .addArgument(new Argument('<shell>', 'the shell that reads the script').choices(shells))
    .action((shell: (typeof shells)[number]) => {
      printResult(context, shell === 'bash' ? bashScript('chunkferry') : libraryScript(shell));
      onEnd('done');
    });
  return addExamples(command, [
    ['completion bash >> ~/.bashrc', 'for each new bash'],
    ['completion zsh >> ~/.zshrc', 'for each new zsh, after compinit'],
    ['completion fish > ~/.config/fish/completions/chunkferry.fish', 'for fish'],
  ]);
};

function libraryScript(shell: string): string {
  return captureLog(() => new RootCommand().setup('chunkferry', 'chunkferry', shell)).join('\n');
}
