"""What a run leaves for people and for CI: the statement first, and everything else as a view of it.

=================  ====================================================================
`statement`        `RunFacts`, `build_statement`, `exit_status`: the record
`waivers`          `read_waivers`: failures that somebody answers for, until a date
`page`             `write_page`: the same record for people, one self-contained file
`terminal`         `print_statement`: the last lines of a run
`junit`, `har`     `write_junit`, `write_har`: the record for other tools
`curl`             `write_failures`: a script per finding that shows it again
`allure`           `write_results`, `build_report`, `reconcile`: the record inside Allure
=================  ====================================================================
"""
