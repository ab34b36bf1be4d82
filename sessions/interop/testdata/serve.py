"""
Run the commands of interop.py one after another in one process, since each start of
Django takes a third of a second.

    serve.py DIRECTORY [options of interop.py]

DIRECTORY is SESSION_FILE_PATH. Each line of standard input is a JSON list, the command
and its arguments; each is answered with a line, a JSON object with what the command
printed ("out") or what went wrong ("error").
"""

import contextlib
import io
import json
import sys

import interop


def main():
    directory, options = sys.argv[1], sys.argv[2:]
    parser = interop.parser()
    interop.configure(parser.parse_args(options + ["file-get", directory, "unused"]))
    for line in sys.stdin:
        out = io.StringIO()
        try:
            with contextlib.redirect_stdout(out):
                args = parser.parse_args(options + json.loads(line))
                args.function(args)
            answer = {"out": out.getvalue()}
        except (Exception, SystemExit) as exc:
            answer = {"error": "%s: %s" % (type(exc).__name__, exc)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
