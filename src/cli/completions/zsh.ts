import type { CommandWords, FlagWords, Offer } from "./words.ts";

/** A script for a file `_hearth` in zsh's `fpath`, or for `source <(hearth completions zsh)`. */
export function zshScript(commands: readonly CommandWords[]): string {
  const top = commands.filter(({ path }) => path.length === 1);
  return `#compdef hearth
_hearth() {
  local -a commands
  commands=(
${top.map((command) => `    ${entry(command)}`).join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${top.map((command) => topCase(command, commands)).join("\n")}
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _hearth "$@"
else
  compdef _hearth hearth
fi
`;
}

function topCase(command: CommandWords, commands: readonly CommandWords[]): string {
  const name = command.path[0];
  if (command.children.length === 0) return `    ${name}) ${argumentsCall(command)} ;;`;
  const below = commands.filter(({ path }) => path.length === 2 && path[0] === name);
  const cases = below.map((child) => `        ${child.path[1]}) ${argumentsCall(child)} ;;`);
  return `    ${name})
      if (( CURRENT == 2 )); then
        compadd ${command.children.join(" ")}
        return
      fi
      case $words[2] in
${cases.join("\n")}
      esac ;;`;
}

function argumentsCall({ flags, positional }: CommandWords): string {
  const places = positional.kind === "nothing" ? [] : [`'*:argument:${action(positional)}'`];
  return ["_arguments", ...flags.map(flagSpec), ...places].join(" \\\n        ");
}

function flagSpec({ name, alias, description, value, isRepeatable }: FlagWords): string {
  const rest = `[${escaped(description)}]${value === undefined ? "" : `:value:${action(value)}`}`;
  const star = isRepeatable ? "*" : "";
  if (alias === undefined) return `'${star}--${name}${rest}'`;
  const exclusive = isRepeatable ? "*" : `(-${alias} --${name})`;
  return `'${exclusive}'{-${alias},--${name}}'${rest}'`;
}

function action(offer: Offer): string {
  if (offer.kind === "words") return `(${offer.words.join(" ")})`;
  if (offer.kind === "files") return "_files";
  return offer.kind === "folders" ? "_files -/" : " ";
}

function entry({ path, description }: CommandWords): string {
  return `'${path[0]}:${escaped(description)}'`;
}

function escaped(text: string): string {
  return text.replaceAll("'", "'\\''").replaceAll(/[[\]:]/g, "\\$&");
}
