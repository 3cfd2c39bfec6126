"""The doctor: holds a profile against its target by reads and token calls alone, and says what is wrong with it.

    profile ──> visit ──> bodies ──> remarks
    what is     a few     what is    each with its key, what
    declared    reads     where      was met, and the remedy

Every call goes out by the client, like those of a run; the guard lets nothing through that writes.
"""
