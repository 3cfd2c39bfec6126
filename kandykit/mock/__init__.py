"""A small, correct Kandy provisioning server in one process, with seams at which a single defect can be put in.

It is written from the contract alone and imports nothing else of the kit, so that the server and the judge are two
independent readings that check each other.
"""
