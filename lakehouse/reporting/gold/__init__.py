"""The gold tables on the page: declared charts, their points and their figures."""
