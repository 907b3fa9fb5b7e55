"""Man pages from the help that the programs have anyway."""

import re


def _escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.M)


def _paragraphs(text):
    """Text of the help in troff: its line ends are those of a terminal."""
    return "\n.PP\n".join(_escaped(" ".join(block.split())) for block in text.strip().split("\n\n"))


def _names(argument):
    names = []
    for name in sorted(argument.get("names", []), key=lambda one: one["kind"] != "short"):
        names.append(("--" if name["kind"] == "long" else "-") + name["name"])
    return names


def _word(argument):
    """An argument as the synopsis shows it."""
    value = f"\\fI{_escaped(argument.get('valueName', 'value'))}\\fR"
    if argument["kind"] == "positional":
        word = value
    else:
        long = max(_names(argument), key=len)
        word = f"\\fB{_escaped(long)}\\fR" + (f" {value}" if argument["kind"] == "option" else "")
    if argument.get("isRepeating"):
        word += " ..."
    return f"[{word}]" if argument.get("isOptional") else word


def _entry(argument):
    value = f" \\fI{_escaped(argument.get('valueName', 'value'))}\\fR" if argument["kind"] == "option" else ""
    if argument["kind"] == "positional":
        head = f"\\fI{_escaped(argument.get('valueName', 'value'))}\\fR"
    else:
        head = ", ".join(f"\\fB{_escaped(name)}\\fR{value}" for name in _names(argument))
    text = argument.get("abstract", "")
    if argument.get("allValues"):
        text += f" One of {', '.join(argument['allValues'])}."
    if argument.get("defaultValue"):
        text += f" (default: {argument['defaultValue']})"
    return f".TP\n{head}\n{_escaped(text) or '.'}\n"


def _exit_status(codes):
    """What the program itself says of its exit codes."""
    return ".SH EXIT STATUS\n" + "".join(f".TP\n\\fB{one['code']}\\fR\n{_escaped(one['meaning'])}\n" for one in codes)


_ENVIRONMENT = """.SH ENVIRONMENT
.TP
\\fBPADDOCK_HOME\\fR
Where ensembles live (default: \\fI~/.local/state/paddock\\fR).
.TP
\\fBPADDOCK_ENSEMBLE\\fR
The ensemble where \\fB\\-\\-ensemble\\fR names none.
"""


def _page(name, section, date, version, abstract, body):
    return (
        f".TH {name.upper().replace('-', chr(92) + '-')} {section} {date} \"Paddock {version}\" \"User Commands\"\n"
        f".SH NAME\n{_escaped(name)} \\- {_escaped(abstract.rstrip('.'))}\n{body}"
    )


def pages(dump, exit_codes, date, version):
    """The pages of paddock and its commands by file name; `dump` is what --experimental-dump-help prints, and `exit_codes` those of `explain --json`."""
    result = {}

    def walk(command, path):
        name = "-".join(path)
        arguments = [one for one in command.get("arguments", []) if one.get("shouldDisplay", True)]
        commands = [one for one in command.get("subcommands", []) if one.get("shouldDisplay", True) and one["commandName"] != "help"]
        synopsis = " ".join([f"\\fB{_escaped(' '.join(path))}\\fR", *map(_word, arguments)])
        if commands:
            synopsis = f"\\fB{_escaped(' '.join(path))}\\fR \\fIcommand\\fR ..."
        body = f".SH SYNOPSIS\n{synopsis}\n"
        if command.get("discussion"):
            body += f".SH DESCRIPTION\n{_paragraphs(command['discussion'])}\n"
        if commands:
            body += ".SH COMMANDS\n"
            for one in commands:
                body += f".TP\n\\fB{_escaped('-'.join([*path, one['commandName']]))}\\fR(1)\n{_escaped(one.get('abstract', ''))}\n"
        if arguments:
            body += ".SH OPTIONS\n" + "".join(map(_entry, arguments))
        body += _exit_status(exit_codes) + (_ENVIRONMENT if len(path) == 1 else "")
        if len(path) > 1:
            body += f".SH SEE ALSO\n\\fB{_escaped('-'.join(path[:-1]))}\\fR(1)\n"
        result[f"{name}.1"] = _page(name, 1, date, version, command.get("abstract", name), body)
        for one in commands:
            walk(one, [*path, one["commandName"]])

    walk(dump["command"], ["paddock"])
    return result


def page_of_help(name, abstract, text, date, version):
    """A page of a program that has nothing but its usage text."""
    body = f".SH DESCRIPTION\n.nf\n{_escaped(text.strip())}\n.fi\n.SH SEE ALSO\n\\fBpaddock\\fR(1)\n"
    return _page(name, 1, date, version, abstract, body)
