"""Are planted leaks found, and are clean questions left alone?"""
