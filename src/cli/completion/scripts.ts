export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** The command that the scripts ask at each Tab; its words follow `--`. */
export const ASK = '__complete';
/** Its answer where the name of a file is wanted. Other lines are a word, a tab and what the word means. */
export const FILES_LINE = ':files';

/** What a shell reads once: it asks goatherd at each Tab, so that it never is older than the command. */
export function completionScript(shell: Shell): string {
  switch (shell) {
    case 'bash':
      return BASH;
    case 'zsh':
      return ZSH;
    case 'fish':
      return FISH;
  }
}

const BASH = `# goatherd completion bash: source it in ~/.bashrc, or write it to /etc/bash_completion.d/goatherd
_goatherd() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == ${FILES_LINE} ]]; then
      compopt -o default
      return
    fi
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <("\${COMP_WORDS[0]}" ${ASK} -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _goatherd goatherd
`;

const ZSH = `#compdef goatherd
# goatherd completion zsh: source it in ~/.zshrc after compinit, or write it to a file _goatherd in a folder of $fpath
_goatherd() {
  local line
  local -a found
  for line in "\${(@f)$("\${words[1]}" ${ASK} -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == ${FILES_LINE} ]]; then
      _files
      return
    fi
    [[ -n $line ]] && found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe goatherd found
}
if [[ \${funcstack[1]} == _goatherd ]]; then
  _goatherd "$@"
else
  compdef _goatherd goatherd
fi
`;

const FISH = `# goatherd completion fish: write it to ~/.config/fish/completions/goatherd.fish
function __goatherd_complete
  set -l before (commandline -opc)
  set -l typed (commandline -ct)
  for line in ($before[1] ${ASK} -- $before[2..] "$typed" 2>/dev/null)
    if test "$line" = ${FILES_LINE}
      __fish_complete_path "$typed"
      return
    end
    echo $line
  end
end
complete -c goatherd -f -a '(__goatherd_complete)'
`;
