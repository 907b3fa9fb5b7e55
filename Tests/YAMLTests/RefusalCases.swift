/// Texts that are refused, and what is said about them, word for word.
extension RefusalTests.Case {
    static let all: [Self] = [
        Self(
            "a key deeper than its neighbour",
            """
            participants: 3
              observers: 1

            """,
            says: """
                f.yaml:2:12: error: this line reads as the continuation of the value above it, but it has a ':' [yaml-syntax]
                      observers: 1
                               ^
                  mend: align the keys of one mapping in one column, with ': ' behind each
                """),
        Self(
            "a key less deep than its neighbours",
            """
            ports:
              client: 1
             quorum: 2

            """,
            says: """
                f.yaml:3:2: error: the indentation fits neither the mapping that began in line 1, column 1 nor one around it [yaml-syntax]
                     quorum: 2
                     ^
                  mend: align the keys of one mapping in one column
                """),
        Self(
            "a key of an item above its first key",
            """
            servers:
              - id: 1
                host: a
               role: x

            """,
            says: """
                f.yaml:4:4: error: the indentation fits neither the list that began in line 2, column 3 nor what is around it [yaml-syntax]
                       role: x
                       ^
                  mend: align the '-' of one list in one column, and the keys of an item below its first key
                """),
        Self(
            "a dash without a blank",
            """
            servers:
              -id: 1
               host: b

            """,
            says: """
                f.yaml:3:8: error: this line reads as the continuation of the value above it, but it has a ':' [yaml-syntax]
                       host: b
                           ^
                  mend: align the keys of one mapping in one column, with ': ' behind each
                """),
        Self(
            "an item deeper than the others",
            """
            a:
            - 1
             - 2

            """,
            says: """
                f.yaml:2:3: error: the value goes on in the next line [yaml-syntax]
                    - 1
                      ^
                  mend: align the lines below with what they belong to, or quote a text of several lines
                """),
        Self(
            "a second colon",
            """
            a: b: c

            """,
            says: """
                f.yaml:1:5: error: a second ': ' in one value [yaml-syntax]
                    a: b: c
                        ^
                  mend: quote the value, or put the second key on a line of its own
                """),
        Self(
            "a line without a colon",
            """
            ensemble
            participants: 3

            """,
            says: """
                f.yaml:2:13: error: this line reads as the continuation of the value above it, but it has a ':' [yaml-syntax]
                    participants: 3
                                ^
                  mend: align the keys of one mapping in one column, with ': ' behind each
                """),
        Self(
            "a colon without a blank",
            """
            a:b
            c: d

            """,
            says: """
                f.yaml:2:2: error: this line reads as the continuation of the value above it, but it has a ':' [yaml-syntax]
                    c: d
                     ^
                  mend: align the keys of one mapping in one column, with ': ' behind each
                """),
        Self(
            "a list in the line of its key",
            """
            a: - b

            """,
            says: """
                f.yaml:1:4: error: a list item '-' is not allowed here [yaml-syntax]
                    a: - b
                       ^
                  mend: put each '- item' on a line of its own below its key
                """),
        Self(
            "an open bracket",
            """
            a: [1, 2
            b: 3

            """,
            says: """
                f.yaml:1:4: error: the list that opens here is not closed in line 2 [yaml-syntax]
                    a: [1, 2
                       ^
                  mend: close it with ']'
                """),
        Self(
            "an open brace",
            """
            a: {b: 1
            c: 3

            """,
            says: """
                f.yaml:1:4: error: the mapping that opens here is not closed in line 2 [yaml-syntax]
                    a: {b: 1
                       ^
                  mend: close it with '}'
                """),
        Self(
            "a brace open at the end",
            """
            {a: 1
            """,
            says: """
                f.yaml:1:1: error: the mapping that opens here is not closed in line 2 [yaml-syntax]
                    {a: 1
                    ^
                  mend: close it with '}'
                """),
        Self(
            "an open quote",
            """
            a: "b
            c: d

            """,
            says: """
                f.yaml:1:4: error: the quote that opens here is never closed [yaml-syntax]
                    a: "b
                       ^
                  mend: close the quote
                """),
        Self(
            "an open apostrophe",
            """
            a: 'b

            """,
            says: """
                f.yaml:1:4: error: the quote that opens here is never closed [yaml-syntax]
                    a: 'b
                       ^
                  mend: close the quote
                """),
        Self(
            "text behind a quoted value",
            """
            a: 'x' y

            """,
            says: """
                f.yaml:1:8: error: text follows a complete value [yaml-syntax]
                    a: 'x' y
                           ^
                  mend: quote the whole value, or put the next key on a line of its own
                """),
        Self(
            "a value that begins with @",
            """
            a: @b

            """,
            says: """
                f.yaml:1:4: error: a value cannot begin with this character [yaml-syntax]
                    a: @b
                       ^
                  mend: quote the value
                """),
        Self(
            "a value that begins with %",
            """
            a: %b

            """,
            says: """
                f.yaml:1:4: error: a value cannot begin with this character [yaml-syntax]
                    a: %b
                       ^
                  mend: quote the value
                """),
        Self(
            "a comma too many",
            """
            a: [1,,2]

            """,
            says: """
                f.yaml:1:7: error: a value is missing here [yaml-syntax]
                    a: [1,,2]
                          ^
                  mend: write the value, or remove the ',' or ':' before it
                """),
        Self(
            "a bracket without its opening",
            """
            a: ]

            """,
            says: """
                f.yaml:1:4: error: a value is missing here [yaml-syntax]
                    a: ]
                       ^
                  mend: write the value, or remove the ',' or ':' before it
                """),
        Self(
            "a list item among keys",
            """
            a: 1
            - b

            """,
            says: """
                f.yaml:2:1: error: the indentation fits neither the mapping that began in line 1, column 1 nor one around it [yaml-syntax]
                    - b
                    ^
                  mend: align the keys of one mapping in one column
                """),
        Self(
            "a key among list items",
            """
            - a
            b: 1

            """,
            says: """
                f.yaml:2:1: error: the indentation fits neither the list that began in line 1, column 1 nor what is around it [yaml-syntax]
                    b: 1
                    ^
                  mend: align the '-' of one list in one column, and the keys of an item below its first key
                """),
        Self(
            "text behind the end of the document",
            """
            a: 1
            ...
            b: 2

            """,
            says: """
                f.yaml:3:1: error: the document has ended, but text follows [yaml-syntax]
                    b: 2
                    ^
                  mend: align the keys of one mapping in one column, or put it behind '- ' as a list item
                """),
        Self(
            "an unknown escape",
            """
            a: "\\q"

            """,
            says: """
                f.yaml:1:5: error: unknown escape in a double-quoted text [yaml-syntax]
                    a: "\\q"
                        ^
                  mend: double the '\\', or use single quotes
                """),
        Self(
            "a surrogate escape",
            """
            a: "\\ud800"

            """,
            says: """
                f.yaml:1:7: error: while parsing a quoted scalar: found invalid Unicode character escape code [yaml-syntax]
                    a: "\\ud800"
                          ^
                  mend: correct the line, or quote the value
                """),
        Self(
            "a star alone",
            """
            a: *

            """,
            says: """
                f.yaml:1:5: error: '*' and '&' begin an alias or an anchor, whose name is missing [yaml-syntax]
                    a: *
                        ^
                  mend: quote the value if it is plain text
                """),
        Self(
            "an unknown directive",
            """
            %FOO bar
            ---
            a: 1

            """,
            says: """
                f.yaml:1:5: error: while scanning a directive: found unknown directive name [yaml-syntax]
                    %FOO bar
                        ^
                  mend: correct the line, or quote the value
                """),
        Self(
            "a missing key",
            """
            : b

            """,
            says: """
                f.yaml:1:1: error: a key is missing before ':' [yaml-syntax]
                    : b
                    ^
                  mend: write 'key: value'
                """),
        Self(
            "a missing key inside",
            """
            {a: 1, : 2}

            """,
            says: """
                f.yaml:1:8: error: a value is missing here [yaml-syntax]
                    {a: 1, : 2}
                           ^
                  mend: write the value, or remove the ',' or ':' before it
                """),
        Self(
            "a value over two lines",
            """
            a: b
              c

            """,
            says: """
                f.yaml:1:4: error: the value goes on in the next line [yaml-syntax]
                    a: b
                       ^
                  mend: align the lines below with what they belong to, or quote a text of several lines
                """),
        Self(
            "a tab in the indentation",
            """
            a:
            \tb: 1

            """,
            says: """
                f.yaml:2:1: error: a tab in the indentation [yaml-tab]
                    \tb: 1
                    ^
                  mend: indent with spaces
                """),
        Self(
            "a tab behind blanks",
            """
            a:
              \tb: 1

            """,
            says: """
                f.yaml:2:3: error: a tab in the indentation [yaml-tab]
                      \tb: 1
                      ^
                  mend: indent with spaces
                """),
        Self(
            "a key twice",
            """
            a: 1
            b: 2
            a: 3

            """,
            says: """
                f.yaml:3:1: error: the key 'a' was already given in line 1, column 1 [yaml-duplicate-key]
                    a: 3
                    ^
                  mend: keep one of the two
                """),
        Self(
            "keys twice, at two depths",
            """
            a: {x: 1, x: 2}
            b: 2
            a: 3

            """,
            says: """
                f.yaml:1:11: error: the key 'x' was already given in line 1, column 5 [yaml-duplicate-key]
                    a: {x: 1, x: 2}
                              ^
                  mend: keep one of the two
                f.yaml:3:1: error: the key 'a' was already given in line 1, column 1 [yaml-duplicate-key]
                    a: 3
                    ^
                  mend: keep one of the two
                """),
        Self(
            "a key twice with other quotes",
            """
            a: 1
            'a': 2

            """,
            says: """
                f.yaml:2:1: error: the key 'a' was already given in line 1, column 1 [yaml-duplicate-key]
                    'a': 2
                    ^
                  mend: keep one of the two
                """),
        Self(
            "a list as a key",
            """
            ? [a]
            : b

            """,
            says: """
                f.yaml:1:3: error: a key must be a word, not a list, a mapping or an alias [yaml-key]
                    ? [a]
                      ^
                  mend: write 'key: value'
                """),
        Self(
            "an alias as a key",
            """
            a: &x b
            *x : c

            """,
            says: """
                f.yaml:2:1: error: a key must be a word, not a list, a mapping or an alias [yaml-key]
                    *x : c
                    ^
                  mend: write 'key: value'
                """),
        Self(
            "a merge key",
            """
            a: &x {b: 1}
            c:
              <<: *x

            """,
            says: """
                f.yaml:3:3: error: merge keys ('<<') are not supported [yaml-merge-key]
                      <<: *x
                      ^
                  mend: write the keys out where they are needed
                """),
        Self(
            "a tag",
            """
            a: !!int 5
            b: !mine 6

            """,
            says: """
                f.yaml:1:4: error: tags are not supported: !!int [yaml-tag]
                    a: !!int 5
                       ^
                  mend: remove it; quote a value to keep it text
                f.yaml:2:4: error: tags are not supported: !mine [yaml-tag]
                    b: !mine 6
                       ^
                  mend: remove it; quote a value to keep it text
                """),
        Self(
            "an unknown anchor",
            """
            a: *x

            """,
            says: """
                f.yaml:1:4: error: the anchor '&x' of the alias '*x' is not defined before it [yaml-unknown-anchor]
                    a: *x
                       ^
                  mend: define it with &x, or quote the text if it is not meant as an alias
                """),
        Self(
            "an anchor defined later",
            """
            a: *x
            b: &x 1

            """,
            says: """
                f.yaml:1:4: error: the anchor '&x' of the alias '*x' is not defined before it [yaml-unknown-anchor]
                    a: *x
                       ^
                  mend: define it with &x, or quote the text if it is not meant as an alias
                """),
        Self(
            "an alias inside its anchor",
            """
            a: &x [1, *x]

            """,
            says: """
                f.yaml:1:11: error: the alias '*x' is inside its own anchor '&x' [yaml-unknown-anchor]
                    a: &x [1, *x]
                              ^
                  mend: write the value out
                """),
        Self(
            "several problems",
            """
            a: *x
            b: !!str 1
            b: 2
            c: @

            """,
            says: """
                f.yaml:1:4: error: the anchor '&x' of the alias '*x' is not defined before it [yaml-unknown-anchor]
                    a: *x
                       ^
                  mend: define it with &x, or quote the text if it is not meant as an alias
                f.yaml:2:4: error: tags are not supported: !!str [yaml-tag]
                    b: !!str 1
                       ^
                  mend: remove it; quote a value to keep it text
                f.yaml:3:1: error: the key 'b' was already given in line 2, column 1 [yaml-duplicate-key]
                    b: 2
                    ^
                  mend: keep one of the two
                f.yaml:4:4: error: a value cannot begin with this character [yaml-syntax]
                    c: @
                       ^
                  mend: quote the value
                """),
        Self(
            "a second document",
            """
            a: 1
            ---
            b: 2

            """,
            says: """
                f.yaml:2:1: error: a second document starts here [yaml-second-document]
                    ---
                    ^
                  mend: keep one document a file: remove the '---' or split the file
                """),
        Self(
            "an empty second document",
            """
            a: 1
            ---

            """,
            says: """
                f.yaml:2:1: error: a second document starts here [yaml-second-document]
                    ---
                    ^
                  mend: keep one document a file: remove the '---' or split the file
                """),
        Self(
            "a comment only",
            """
            # nothing

            """,
            says: """
                f.yaml:1:1: error: the file is empty [yaml-empty]
                    # nothing
                    ^
                  mend: write at least one key
                """),
        Self(
            "a null only",
            """
            ---
            ~

            """,
            says: """
                f.yaml:1:1: error: the file is empty [yaml-empty]
                    ---
                    ^
                  mend: write at least one key
                """),
    ]
}
