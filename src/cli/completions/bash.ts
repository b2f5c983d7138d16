import type { CommandWords, Offer } from "./words.ts";

/** A script for `source <(hearth completions bash)`. */
export function bashScript(commands: readonly CommandWords[]): string {
  const top = commands.filter(({ path }) => path.length === 1).map(({ path }) => path[0]);
  const groups = commands.filter(({ children }) => children.length > 0);
  return `# bash completion for hearth
_hearth() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "${top.join(" ")} help" -- "$cur"))
    return
  fi
  case $command in
    ${groups.map(({ path }) => path.join(" ")).join("|")}) ((COMP_CWORD > 2)) && command="$command \${COMP_WORDS[2]}" ;;
  esac
  case "$command:$prev" in
${commands.flatMap(valueCases).join("\n")}
  esac
  if [[ $cur == -* ]]; then
    local flags=
    case $command in
${commands.map(flagCase).join("\n")}
    esac
    COMPREPLY=($(compgen -W "$flags" -- "$cur"))
    return
  fi
  case $command in
${commands.map(({ path, positional }) => `    "${path.join(" ")}") ${offer(positional)} ;;`).join("\n")}
  esac
}
complete -o filenames -F _hearth hearth
`;
}

function valueCases({ path, flags }: CommandWords): string[] {
  return flags.flatMap(({ name, alias, value }) => {
    if (value === undefined) return [];
    const words = [`--${name}`, ...(alias === undefined ? [] : [`-${alias}`])];
    return [
      `    ${words.map((word) => `"${path.join(" ")}:${word}"`).join("|")}) ${offer(value)}; return ;;`,
    ];
  });
}

function flagCase({ path, flags }: CommandWords): string {
  return `      "${path.join(" ")}") flags="${flags.map(({ name }) => `--${name}`).join(" ")}" ;;`;
}

function offer(value: Offer): string {
  if (value.kind === "nothing") return ":";
  if (value.kind === "words") return `COMPREPLY=($(compgen -W "${value.words.join(" ")}" -- "$cur"))`;
  // File names may contain blanks: only a line end parts them.
  return `local IFS=$'\\n'; COMPREPLY=($(compgen ${value.kind === "files" ? "-f" : "-d"} -- "$cur"))`;
}
