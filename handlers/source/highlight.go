package source

import "sessionlab/views"

// Highlight returns text as a tab of this title, with its tokens marked. lexer is chroma's
// name for the language, such as "go" or "python"; an unknown one marks nothing.
func Highlight(title, lexer, text string) views.Source { return highlight(title, lexer, text) }
