"""What a run leaves for people and for CI: the statement first, and everything else as a view of it.

===============  ==========================================================================
`statement`      `RunFacts`, `build_statement`, `exit_status`, `findings`: the record
`waivers`        `read_waivers`: failures that somebody answers for, until a date
`page`           `write_page`: the same record for people, one self-contained file
`terminal`       `print_statement`: the last lines of a run
`junit`          `Item`, `write_junit`: the record for tools that read JUnit
`har`            `write_har`: the traffic for tools that read HAR
`curl`           `write_failures`: a script per finding that shows it again
`allure`         `write_results`: the record as raw Allure results
`allure_report`  `build_report`: the built Allure report, that calls nobody
`reconcile`      `reconcile`: whether all of them tell of the same run
===============  ==========================================================================

Below these: `words` and `legible` (exchanges and hostile texts for people), `picture` (the drawing of the page),
`script` with `pattern`, `stock` and `shell` (what a failure script plays, compares and begins with).
"""
