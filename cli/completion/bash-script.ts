/**
 * Returns the script for bash. That of @bomb.sh/tab fails where the package bash-completion is missing, declares
 * read-only variables, so that a second program's script fails, and evaluates the words that are typed: a `$(…)` on
 * the line would run at the Tab. It asks the program in the same way.
 */
export function bashScript(program: string): string {
  const name = program.replace(/\W/g, '_');
  return `# bash completion of ${program}
_${name}_completion() {
  local line cur=\${COMP_WORDS[COMP_CWORD]}
  local IFS=$'\\n'
  local -a found
  found=($(${program} complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)) || return
  COMPREPLY=()
  for line in "\${found[@]}"; do
    case $line in
      :0) compopt -o default ;;
      :*) compopt +o default ;;
      "$cur"*) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done
}
complete -o default -F _${name}_completion ${program}
`;
}
